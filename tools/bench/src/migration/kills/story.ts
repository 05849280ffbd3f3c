import type { Judge, Verdict } from './judge.ts';
import type { Death, Operator, Told } from './operator.ts';
import type { People } from './people.ts';

export interface StoryOptions {
  readonly operator: Operator;
  readonly judge: Judge;
  readonly people: People;
  readonly logins: number;
  readonly deaths: number;
  readonly random: () => number;
  progress(line: string): void;
}

const WHY = ['--reason', 'bench'];
/** How the deaths lie over the commands; what is left of them comes to the commands that people's edits need. */
const WAY = [
  { args: ['apply', ...WHY], part: 0.5 },
  { args: ['verify'], part: 0.14 },
  { args: ['scrub', ...WHY], part: 0.24 },
] as const;
/** The rewrite of a scrub begins when its last endpoint has ended. */
const LATEST_MS = 1_200;
const ROUNDS = 20;

export interface Outcome {
  readonly deaths: number;
  readonly verdicts: readonly Verdict[];
}

/** The whole way, from plaintext to nothing left of it, with processes that die anywhere. Answers what the judge saw at each death, and at the end. */
export async function tellStory(options: StoryOptions): Promise<Outcome> {
  const story = new Story(options);
  for (const { args, part } of WAY) await story.through(args, Math.round(options.deaths * part));
  await story.settle();
  return { deaths: story.deaths, verdicts: story.verdicts };
}

class Story {
  readonly #options: StoryOptions;
  readonly verdicts: Verdict[] = [];
  deaths = 0;

  constructor(options: StoryOptions) {
    this.#options = options;
  }

  /** One command, killed so often and then let through. */
  async through(args: readonly string[], deaths: number): Promise<void> {
    const { logins, random } = this.#options;
    // What was applied is not applied again; what was verified or scrubbed is looked at again.
    const most = args[0] === 'apply' ? (2 * logins) / deaths : logins * 1.2;
    for (let left = deaths; left > 0;) {
      const told = await this.#give(args, { afterEnded: Math.min(logins, Math.floor(random() * most)), thenMs: random() * LATEST_MS });
      if (told.died) left -= 1;
      // It was quicker than its death: that one comes sooner.
      else if (!(await this.#give(args, { afterEnded: 0, thenMs: random() * LATEST_MS })).died) break;
      else left -= 1;
    }
    await this.#give(args);
  }

  /** People go home, and what they have edited is settled, again with deaths, until nothing is left to do. */
  async settle(): Promise<void> {
    for (let round = 0; round < ROUNDS; round += 1) {
      const named = new Set<string>();
      let complete = true;
      for (const args of [...WAY.map((step) => step.args)]) {
        const { failed, code } = await this.#surely(args);
        for (const { endpointId, code: why } of failed) if (why === 'row_edited' || why === 'store_conflict') named.add(endpointId);
        complete &&= failed.length === 0 && code !== null;
        if (args[0] === 'verify') for (const id of named) await this.#surely(['resolve', '--endpoint', id, ...(await this.#chosen(id)), ...WHY]);
      }
      this.#options.progress(`settled: ${named.size} were named, ${complete ? 'nothing' : 'something'} is left`);
      if (complete && named.size === 0) break;
    }
    this.verdicts.push(await this.#options.judge.look('the end'));
  }

  /** Whoever is asked says it of what lies there at that moment; nobody edits any more. */
  async #chosen(id: string): Promise<readonly string[]> {
    const { judge, people } = this.#options;
    const { version, password } = await judge.inStore(id);
    return ['--take', people.choose(id, password), '--seen', version];
  }

  /** With one death before it goes through, as long as there are deaths left. */
  async #surely(args: readonly string[]): Promise<Told> {
    const { deaths, random } = this.#options;
    if (this.deaths < deaths) {
      const told = await this.#give(args, { afterEnded: 0, thenMs: 200 + random() * LATEST_MS }, 'at home');
      if (!told.died) return told;
    }
    return this.#give(args, undefined, 'at home');
  }

  async #give(args: readonly string[], death?: Death, people: 'at work' | 'at home' = 'at work'): Promise<Told> {
    const { operator, judge, deaths, progress } = this.#options;
    const told = await operator.gives(args, { death, people });
    if (!told.died) return told;
    this.deaths += 1;
    const verdict = await judge.look('a death');
    this.verdicts.push(verdict);
    progress(`death ${this.deaths} of ${deaths}, in ${args[0]}: ${verdict.lost.length} lost, ${verdict.stale.length} stale, ${verdict.twice.length} twice`);
    return told;
  }
}
