import type { StoreKind } from '@rcm/test-environment';
import type { Answer } from './answer.ts';
import { type Cell, cell, type CellAxes, FIRST_OF_TWO } from './cell.ts';
import type { Lost } from './scenario.ts';
import type { CrashPoint, When } from './crash-point.ts';

/*
 * Circumstances beside the whole product of act, store and answer. What they add does not depend on everything they could be crossed with: a store does not know what
 * the portal said, and a portal not which store is used. So each is crossed with the crash points that its own difference reaches, and the stores come in turn.
 * Two meet every store at every point they have: SIGSTOP, which is about writes to a store, and lost commits, after which the store is asked what is true.
 */

const at = (when: When, act: CrashPoint['act']): CrashPoint => ({ when, act });

/** From before the password leaves until it is current and the journal says so: between any two of these the machine is in another state. */
const WHOLE_WAY: readonly CrashPoint[] = [
  at('during', 'login'),
  at('after', 'journal:submitting'),
  at('after', 'change'),
  at('during', 'prove'),
  at('before', 'journal:verified'),
  at('before', 'promote'),
  at('after', 'promote'),
  at('before', 'journal:done'),
];

/** The stores in turn, one further at each round, so that each comes up with every answer and most crash points. */
function inTurn(stores: readonly StoreKind[], cells: readonly Omit<CellAxes, 'store'>[]): Cell[] {
  return cells.map((axes, index) => cell({ ...axes, store: stores[(index + Math.floor(index / stores.length)) % stores.length] as StoreKind }));
}

const cross = (answers: readonly Answer[], ways: readonly (readonly CrashPoint[])[]): Pick<CellAxes, 'answer' | 'crashPoints'>[] =>
  ways.flatMap((crashPoints) => answers.map((answer) => ({ answer, crashPoints })));

const once = (points: readonly CrashPoint[]): (readonly CrashPoint[])[] => points.map((point) => [point]);
const twice = (...points: readonly CrashPoint[]): (readonly CrashPoint[])[] => points.map((point) => [FIRST_OF_TWO, point]);

const BY_PORTAL_AND_CLOCK = { end: 'any', rejectedAtMost: null } as const;

/** A code for every login: what a dead rotator has used, the next one must not. The answers are one that is told, one that is not, and none. */
const codes = (): Omit<CellAxes, 'store'>[] =>
  cross(['answered', 'error', 'not-made'], [...once(WHOLE_WAY), ...twice(at('during', 'prove'))]).map((axes) => ({ ...axes, portal: 'codes' }));

/** The next rotator meets a locked account that reads like a wrong password: it must neither lock it again nor take a password for wrong. */
const oneText = (): Omit<CellAxes, 'store'>[] =>
  cross(['answered', 'error', 'not-made'], once(WHOLE_WAY)).map((axes) => ({ ...axes, portal: 'one-text', ends: BY_PORTAL_AND_CLOCK }));

/** What the portal has kept is found by logins, at each of which a rotator dies; the answer only says how the search begins. */
const cutting = (): Omit<CellAxes, 'store'>[] =>
  cross(
    ['answered', 'error'],
    [
      ...once([at('after', 'journal:submitting'), at('after', 'change'), at('during', 'prove'), at('after', 'prove'), at('before', 'journal:verified')]),
      ...once([at('before', 'promote'), at('after', 'promote')]),
      ...twice(at('during', 'prove'), at('before', 'promote')),
    ],
  ).map((axes) => ({ ...axes, portal: 'cutting', ends: BY_PORTAL_AND_CLOCK }));

/** A change that comes minutes later meets an attempt that submits again, or one that was given up: the rotator dies where it submits and where it asks. */
const late = (): Omit<CellAxes, 'store'>[] =>
  cross(
    ['late', 'late-changed', 'late-too-short'],
    [
      ...once([at('after', 'journal:submitting'), at('after', 'change'), at('during', 'prove'), at('after', 'prove')]),
      // While it waits, before anything was asked: early enough that the next one gives up before the change is made.
      ...once([at('after', 'journal:waiting')]),
      ...twice(at('after', 'journal:waiting'), at('after', 'prove'), at('after', 'login')),
    ],
  ).map((axes) => ({ ...axes, ends: BY_PORTAL_AND_CLOCK }));

const lies = (): Omit<CellAxes, 'store'>[] => [
  ...cross(
    ['lies-changed', 'lies-too-short'],
    [
      ...once([at('after', 'journal:submitting'), at('after', 'change'), at('during', 'prove'), at('after', 'prove'), at('before', 'journal:verified')]),
      ...once([at('after', 'promote')]),
      ...twice(at('during', 'prove'), at('before', 'journal:resumed')),
    ],
  ).map((axes) => ({ ...axes, ends: BY_PORTAL_AND_CLOCK })),
  // Only here a portal has said "changed" and the next login shows that it is not so.
  ...cross(['lies-changed'], once([at('before', 'journal:applied'), at('after', 'journal:applied')])).map((axes) => ({ ...axes, ends: BY_PORTAL_AND_CLOCK })),
];

/**
 * Who comes next is asked after every act. A first rotator that is told nothing lets go of the login and waits like the others, so whose the later acts are would be
 * chance: there the portal answers.
 */
const beside = (): Omit<CellAxes, 'store'>[] => {
  const [first, later] = [WHOLE_WAY.slice(0, 3), WHOLE_WAY.slice(3)];
  return [
    ...cross(['answered', 'error'], once([at('before', 'journal:planned'), at('after', 'stage'), ...first])),
    ...cross(['answered'], once([at('before', 'change'), ...later, at('before', 'discard'), at('after', 'journal:done')])),
  ].map((axes) => ({ ...axes, scenario: 'beside', ends: BY_PORTAL_AND_CLOCK }));
};

/** `during`: the lease was looked at and the call is made next. Only then may another rotation have gone by: earlier it finds out by its lease. */
function stopped(stores: readonly StoreKind[]): Cell[] {
  const sides = [at('before', 'stage'), at('after', 'stage'), at('before', 'promote'), at('after', 'promote'), at('before', 'discard'), at('after', 'discard')];
  const inside = [at('during', 'promote'), at('during', 'discard')];
  return stores.flatMap((store) => [
    ...[...sides, ...inside].map((point) => stop(store, 'stopped', point)),
    ...[at('after', 'stage'), ...inside].map((point) => stop(store, 'outrun', point)),
  ]);
}

function stop(store: StoreKind, scenario: 'stopped' | 'outrun', point: CrashPoint): Cell {
  const passwordsChanged = (point.act === 'discard' ? 2 : 1) + (scenario === 'outrun' ? 1 : 0);
  return cell({ store, answer: 'answered', crashPoints: [point], scenario, ends: { ...BY_PORTAL_AND_CLOCK, passwordsChanged } });
}

/** How far the portal and the store had come, and what the database that took over still knows of it. */
const LOSSES: readonly (readonly [CrashPoint, readonly Lost[]])[] = [
  [at('after', 'change'), ['planned', 'staged', 'submitting']],
  [at('after', 'promote'), ['planned', 'staged', 'submitting', 'verified']],
  [at('after', 'journal:done'), ['planned', 'staged', 'submitting', 'verified', 'promoted', 'done']],
];

function forgetful(stores: readonly StoreKind[]): Cell[] {
  const pairs = LOSSES.flatMap(([point, losses]) => losses.map((loses) => ({ crashPoints: [point], loses })));
  const answers = ['answered', 'error'] as const;
  const plain = stores.flatMap((store, round) =>
    pairs.map((axes, index) => ({ ...axes, store, answer: answers[(round + index) % answers.length] as Answer, ends: BY_PORTAL_AND_CLOCK })),
  );
  // The codes that were used are forgotten as well.
  const codes = LOSSES.map(
    ([point]) => ({ portal: 'codes', answer: 'answered', crashPoints: [point], loses: 'submitting', ends: BY_PORTAL_AND_CLOCK }) as const,
  );
  return [...plain.map(cell), ...inTurn(stores, codes)];
}

export function crossedCells(stores: readonly StoreKind[]): Cell[] {
  const groups = [codes(), oneText(), cutting(), late(), lies(), beside()];
  return [...groups.flatMap((group) => inTurn(stores, group)), ...stopped(stores), ...forgetful(stores)];
}
