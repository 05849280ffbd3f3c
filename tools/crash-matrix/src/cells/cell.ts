import type { StoreKind } from '@rcm/test-environment';
import { ANSWER_FACTS, type Answer, ANSWERS } from './answer.ts';
import type { Scenario, Lost } from './scenario.ts';
import { type CrashPoint, nameOfPoint, RECOVERY_ACTS, ROTATION_ACTS, type When } from './crash-point.ts';
import type { Portal } from './portal.ts';

/** What must be true at the end of a case, by the portal's own count. */
interface ExpectedEnd {
  /**
   * `done`: so the journal ends, and every row accounts for itself. `any`: nothing is asked of it but that no rotation is open or blocked; then an
   * agent must get in with what is current, and portal, store and clock alone decide.
   */
  readonly end: 'done' | 'any';
  readonly attempts: number;
  readonly passwordsChanged: number;
  /** Refused logins at most: those that a recovery had to make. `null`: as many as the budget allows. */
  readonly rejectedAtMost: number | null;
}

/** One case: a rotator is killed or stopped at `crashPoints[0]`; the one that goes on is killed at `crashPoints[1]`, if there is one; the next one ends it. */
export interface Cell {
  readonly name: string;
  readonly store: StoreKind;
  readonly portal: Portal;
  readonly answer: Answer;
  readonly crashPoints: readonly CrashPoint[];
  readonly scenario: Scenario;
  /** What the database loses when the last one dies; `null`: nothing. */
  readonly loses: Lost | null;
  /** Rotations of the login that were done before: only a later one discards a copy. */
  readonly earlierRotations: 0 | 1;
  readonly expected: ExpectedEnd;
}

export interface Exclusion {
  readonly what: string;
  readonly reason: string;
}

/** What the product of acts, crash points, stores and answers holds and the matrix does not run. */
export const EXCLUSIONS: readonly Exclusion[] = [
  {
    what: 'during a journal write or a write to the store',
    reason: 'one transaction or one call: for everybody else it has happened or it has not, which are before and after',
  },
  {
    what: 'during change, where the portal answers at once',
    reason: 'the POST is answered as soon as it is out: what remains are before, journal:submitting after, and after change',
  },
  {
    what: 'journal:adopted, journal:waiting and journal:resumed as a first crash point',
    reason: 'only a recovery writes them; they are the second crash point',
  },
  {
    what: 'journal:applied where the change was made and nobody was told, at first and while recovering',
    reason: 'a login finds the staged password accepted and has verified it by that: the journal goes from submitting to verified',
  },
  {
    what: 'journal:promoted, discard and journal:done as a second crash point',
    reason: 'from verified on a recovery is in the state of a first run, row for row, and dies there; it dies at promote again for the store’s sake',
  },
];

const PORTAL_ACTS: ReadonlySet<string> = new Set(['login', 'prove']);

/** Where the portal says so, at once or when the change is submitted again. */
export const isToldApplied = (answer: Answer): boolean => answer === 'answered' || !ANSWER_FACTS[answer].isMade;

/** The acts of a first run, in order, each with its crash points. */
function rotationPoints(answer: Answer): CrashPoint[] {
  const acts = ROTATION_ACTS.filter((act) => act !== 'journal:applied' || isToldApplied(answer));
  return acts.flatMap((act) => whensOf(act, answer).map((when) => ({ act, when })));
}

/** Right after the portal answered and before anything was written: the hardest state to recover from. */
export const FIRST_OF_TWO: CrashPoint = { act: 'change', when: 'after' };

/** The acts of a recovery from there, in order. A change that was not made is found out by a login with the current password and submitted again. */
function recoveryPoints(answer: Answer): CrashPoint[] {
  const goesOn = ANSWER_FACTS[answer].isMade
    ? (['journal:verified'] as const)
    : (['login', 'journal:staged', 'journal:submitting', 'change', 'journal:applied'] as const);
  const acts = [...RECOVERY_ACTS, 'prove', ...goesOn, 'promote'] as const;
  return acts.flatMap((act) => whensOf(act, 'answered').map((when) => ({ act, when })));
}

function whensOf(act: CrashPoint['act'], answer: Answer): When[] {
  const has = PORTAL_ACTS.has(act) || (act === 'change' && ANSWER_FACTS[answer].isSlow);
  return has ? ['before', 'during', 'after'] : ['before', 'after'];
}

/** The whole product, at a plain portal: killed once, then killed again during recovery. */
export function productCells(stores: readonly StoreKind[]): Cell[] {
  return stores.flatMap((store) =>
    ANSWERS.flatMap((answer) => [
      ...rotationPoints(answer).map((point) => cell({ store, answer, crashPoints: [point] })),
      ...recoveryPoints(answer).map((point) => cell({ store, answer, crashPoints: [FIRST_OF_TWO, point] })),
    ]),
  );
}

/** What is not said is as it is in the whole product: a plain portal, rotators one after the other that are killed, a database that keeps what was committed. */
export type CellAxes = Pick<Cell, 'store' | 'answer' | 'crashPoints'> &
  Partial<Pick<Cell, 'portal' | 'scenario' | 'loses'>> & {
    /** What the end is to be where it is not the plain one. */
    readonly ends?: Partial<ExpectedEnd>;
  };

export function cell({ store, portal = 'plain', answer, crashPoints, scenario = 'killed', loses = null, ends = {} }: CellAxes): Cell {
  const name = [
    store,
    ...(portal === 'plain' ? [] : [portal]),
    answer,
    ...(scenario === 'killed' ? [] : [scenario]),
    ...crashPoints.map(nameOfPoint),
    ...(loses === null ? [] : [`loses ${loses}`]),
  ].join(' / ');
  const earlierRotations = crashPoints.some(({ act }) => act === 'discard') ? 1 : 0;
  const times = earlierRotations + 1;
  const expected = { end: 'done', attempts: times, passwordsChanged: times, rejectedAtMost: rejectedAtMost(answer, crashPoints), ...ends } as const;
  return { name, store, portal, answer, crashPoints, scenario, loses, earlierRotations, expected };
}

/**
 * A change that was made costs no refused login: the staged password is tried first. One that was not made costs the one refusal that
 * finds it out. Nor was it made where the rotator died between the journal's word and the POST. Where it died over that login, before
 * the journal knew the answer, the login is made again.
 */
function rejectedAtMost(answer: Answer, crashPoints: readonly CrashPoint[]): number {
  const unsent = crashPoints.filter(({ act, when }) => act === 'journal:submitting' && when === 'after').length;
  const refusals = unsent + (ANSWER_FACTS[answer].isMade ? 0 : 1);
  const isRepeated = crashPoints.some(
    ({ act, when }) => (act === 'prove' && when !== 'before') || act === 'login' || (act === 'journal:staged' && when === 'before'),
  );
  return refusals + (refusals > 0 && isRepeated ? 1 : 0);
}
