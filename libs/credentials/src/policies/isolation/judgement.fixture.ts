import type { AuthorizationRequest, Authorize } from '@rcm/local-aws';
import type { PlatformPolicies } from '../index.ts';
import type { Decider, Layers } from './account.fixture.ts';
import type { Cell } from './matrix.fixture.ts';
import type { Mutant } from './mutants.fixture.ts';
import type { CellGroup } from './test-environment.fixture.ts';

/** A question that cells raised, and how it was decided. */
interface Question {
  readonly request: AuthorizationRequest;
  readonly allowed: boolean;
  readonly cells: Cell[];
}

/** Every different question that one group's cells raised. */
interface Asked {
  readonly layers: Layers;
  readonly own: Authorize;
  readonly questions: Map<string, Question>;
}

export interface Tally {
  readonly tried: number;
  readonly allowed: number;
  readonly wrong: readonly string[];
}

/** Runs cells and remembers what they asked, so that other policies need be asked only what they would answer otherwise. */
export class Judgement {
  readonly #decider: Decider;
  readonly #asked: Asked[] = [];

  constructor(decider: Decider) {
    this.#decider = decider;
  }

  async run({ layers, cells }: CellGroup, policies: PlatformPolicies): Promise<Tally> {
    const own = await this.#decider(policies, layers);
    const asked: Asked = { layers, own, questions: new Map() };
    this.#asked.push(asked);
    const wrong: string[] = [];
    let allowed = 0;
    for (const cell of cells) {
      const judged = await cell.run(own);
      if (judged.outcome === 'allowed') allowed += 1;
      if (judged.outcome !== cell.expected) wrong.push(`${cell.title}: ${judged.outcome}, not ${cell.expected}`);
      if (cell.standsForOthers) for (const request of judged.asked) note(asked, cell, request);
    }
    return { tried: cells.length, allowed, wrong };
  }

  /** The first cell that ends otherwise under these policies, run again to see it; `null` where every cell ends the same. */
  async firstToTurn(mutant: Mutant): Promise<string | null> {
    for (const asked of this.#asked.filter(({ layers }) => isSeenWith(layers, mutant))) {
      const judge = await this.#decider(mutant.policies, asked.layers);
      for (const cell of affected(asked, mutant, judge)) {
        const { outcome } = await cell.run(judge);
        if (outcome === cell.expected) continue;
        // What a changed policy let happen must not be what turns the next one.
        const after = await cell.run(asked.own);
        if (after.outcome !== cell.expected) throw new Error(`${cell.title} left something behind: ${after.outcome} afterwards.`);
        return `${cell.title}: ${outcome}`;
      }
    }
    return null;
  }
}

function note({ own, questions }: Asked, cell: Cell, request: AuthorizationRequest): void {
  const key = keyOf(request);
  const known = questions.get(key);
  if (known) known.cells.push(cell);
  else questions.set(key, { request, allowed: own(request) === null, cells: [cell] });
}

/** Cells of which some question is decided otherwise; those about the actions that the statement names come first, most mutants fall there. */
function* affected({ questions }: Asked, mutant: Mutant, judge: Authorize): Generator<Cell> {
  const concerned = [...questions.values()].filter(({ request }) => concerns(mutant, request));
  const named = ({ request }: Question): boolean => mutant.actions.includes(request.action);
  for (const { request, allowed, cells } of [...concerned.filter(named), ...concerned.filter((each) => !named(each))])
    if ((judge(request) === null) !== allowed) yield* cells;
}

/** The instant and the key of a session are no part of a question. */
function keyOf({ principal, action, resources, conditions, account }: AuthorizationRequest): string {
  const who = principal.kind === 'user' ? principal.arn : [principal.role.name, principal.tags];
  return JSON.stringify([who, action, resources, conditions, resources.map((arn) => account.tagsOf(arn))]);
}

/** A layer that was opened hides what was changed in it. */
function isSeenWith(layers: Layers, { of }: Mutant): boolean {
  const seenAlone = {
    keyPolicy: 'key policy alone',
    guardrail: 'guardrail alone',
    policy: 'identity policies alone',
    trustPolicy: 'trust policies alone',
  } as const;
  return layers === 'all' || layers === seenAlone[of.kind];
}

/** Whether a statement about `pattern` is about this action; no pattern of ours has another wildcard than `*`. */
function matches(pattern: string, action: string): boolean {
  const known = patterns.get(pattern) ?? new RegExp(`^${pattern.replaceAll('*', '.*')}$`);
  patterns.set(pattern, known);
  return known.test(action);
}
const patterns = new Map<string, RegExp>();

/** A question about other actions than the changed statement's is answered as before. */
function concerns({ of, actions }: Mutant, { principal, action, resources }: AuthorizationRequest): boolean {
  if (!actions.some((pattern) => matches(pattern, action))) return false;
  if (!('role' in of)) return true;
  if (of.kind === 'trustPolicy') return resources.some((arn) => arn.endsWith(`/${of.role}`));
  return principal.kind === 'session' && principal.role.name === of.role;
}
