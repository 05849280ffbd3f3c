import { availableParallelism } from 'node:os';
import { hasFailed } from '../run/figures.ts';
import { inParallel, SeedWorker } from '../run/workers.ts';
import { PLANTED } from './faults.ts';
import type { PlantedFault } from './planted-fault.ts';

/** A fault that is not found in so many seeds is not found. */
const MOST_SEEDS = 2_000;

interface PlantedResult {
  readonly name: string;
  readonly words: string;
  /** The first seed that shows it and shows nothing without it; `null`: none did. */
  readonly seed: number | null;
  readonly finding: string | null;
}

export interface PlantedRun {
  readonly json: boolean;
  /** Of `PLANTED`; none: all of them. */
  readonly names: readonly string[];
  /** Default: 2,000, which are the most. */
  readonly seeds?: number | undefined;
  readonly workers?: number | undefined;
  readonly say: (line: string) => void;
}

/** Names that no planted fault has. */
export const unknownFaults = (names: readonly string[]): readonly string[] => names.filter((name) => !PLANTED.some((fault) => fault.name === name));

/** Plants one fault after the other and runs seeds until one of them shows it. Exit code 0 when each was found. */
export async function runPlanted({ json, names, seeds = MOST_SEEDS, workers, say }: PlantedRun): Promise<number> {
  const count = Math.min(seeds, MOST_SEEDS);
  const chosen = PLANTED.filter(({ name }) => names.length === 0 || names.includes(name));
  await using withoutFault = new Baseline();
  const results = new Map<string, PlantedResult>();
  const left = [...chosen];
  await inParallel(Math.min(workers ?? availableParallelism(), chosen.length), async () => {
    for (let fault = left.shift(); fault; fault = left.shift()) {
      const result = await search(fault, count, withoutFault);
      results.set(fault.name, result);
      say(`${fault.name} (${fault.words}): ${result.seed === null ? `not found in ${count} seeds` : `seed ${result.seed}, ${result.finding}`}`);
    }
  });
  const all = chosen.flatMap(({ name }) => results.get(name) ?? []);
  const lines = all.map(
    ({ name, words, seed, finding }) => `${(seed === null ? 'NOT FOUND' : `seed ${seed}`).padEnd(10)} ${name.padEnd(24)} ${finding ?? ''}  ${words}`,
  );
  process.stdout.write(json ? `${JSON.stringify(all)}\n` : `${lines.join('\n')}\n`);
  return all.every(({ seed }) => seed !== null) ? 0 : 1;
}

async function search({ name, words, shows }: PlantedFault, count: number, withoutFault: Baseline): Promise<PlantedResult> {
  await using worker = await SeedWorker.start(name);
  for (let seed = 0; seed < count; seed += 1) {
    const { findings } = await worker.runOne(seed);
    const shown = findings.find(({ kind, excuse }) => excuse === undefined && shows.includes(kind));
    if (shown && !(await withoutFault.fails(seed))) return { name, words, seed, finding: `${shown.kind} ${shown.about}` };
  }
  return { name, words, seed: null, finding: null };
}

/** Seeds in which something is wrong with no fault planted tell nothing of a planted one. */
class Baseline implements AsyncDisposable {
  readonly #known = new Map<number, Promise<boolean>>();
  #worker: Promise<SeedWorker> | null = null;
  #last: Promise<unknown> = Promise.resolve();

  fails(seed: number): Promise<boolean> {
    const known = this.#known.get(seed) ?? this.#ask(seed);
    this.#known.set(seed, known);
    return known;
  }

  /** One question after the other. */
  #ask(seed: number): Promise<boolean> {
    this.#worker ??= SeedWorker.start(null);
    const answer = Promise.all([this.#worker, this.#last]).then(async ([worker]) => hasFailed(await worker.runOne(seed)));
    this.#last = answer;
    return answer;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await (await this.#worker)?.[Symbol.asyncDispose]();
  }
}
