import type { StoreKind } from '@rcm/test-world';
import type { Answer } from './answer.ts';
import { type Cell, cell, type CellAxes, FIRST_OF_TWO } from './cell.ts';
import type { Lost } from './course.ts';
import type { Moment, When } from './moment.ts';

/*
 * Worlds beside the whole product of act, store and answer. What they add does not depend on everything they could be crossed with: a store does not know what
 * the portal said, and a portal not which store is used. So each is crossed with the moments that its own difference reaches, and the stores come in turn.
 * Two meet every store at every moment they have: SIGSTOP, which is about writes to a store, and lost commits, after which the store is asked what is true.
 */

const at = (when: When, act: Moment['act']): Moment => ({ when, act });

/** From before the password leaves until it is current and the journal says so: between any two of these the machine is in another state. */
const WHOLE_WAY: readonly Moment[] = [
  at('during', 'login'),
  at('after', 'journal:submitting'),
  at('after', 'change'),
  at('during', 'prove'),
  at('before', 'journal:verified'),
  at('before', 'promote'),
  at('after', 'promote'),
  at('before', 'journal:done'),
];

/** The stores in turn, one further at each round, so that each comes up with every answer and most moments. */
function inTurn(stores: readonly StoreKind[], cells: readonly Omit<CellAxes, 'store'>[]): Cell[] {
  return cells.map((axes, index) => cell({ ...axes, store: stores[(index + Math.floor(index / stores.length)) % stores.length] as StoreKind }));
}

const cross = (answers: readonly Answer[], struck: readonly (readonly Moment[])[]): Pick<CellAxes, 'answer' | 'strikes'>[] =>
  struck.flatMap((strikes) => answers.map((answer) => ({ answer, strikes })));

const once = (moments: readonly Moment[]): (readonly Moment[])[] => moments.map((moment) => [moment]);
const twice = (...moments: readonly Moment[]): (readonly Moment[])[] => moments.map((moment) => [FIRST_OF_TWO, moment]);

const BY_PORTAL_AND_CLOCK = { end: 'any', rejectedAtMost: null } as const;

/** A code for every login: what a dead rotator has used, the next one must not. The answers are one that is told, one that is not, and none. */
const codes = (): Omit<CellAxes, 'store'>[] =>
  cross(['answered', 'error', 'not-made'], [...once(WHOLE_WAY), ...twice(at('during', 'prove'))]).map((axes) => ({ ...axes, portal: 'codes' }));

/** The next rotator meets a locked account that reads like a wrong password: it must neither lock it again nor take a password for wrong. */
const oneText = (): Omit<CellAxes, 'store'>[] =>
  cross(['answered', 'error', 'not-made'], once(WHOLE_WAY)).map((axes) => ({ ...axes, portal: 'one-text', ends: BY_PORTAL_AND_CLOCK }));

/** What the portal has kept is found by guesses, each of which is struck; the answer only says how the search begins. */
const cutting = (): Omit<CellAxes, 'store'>[] =>
  cross(
    ['answered', 'error'],
    [
      ...once([at('after', 'journal:submitting'), at('after', 'change'), at('during', 'prove'), at('after', 'prove'), at('before', 'journal:verified')]),
      ...once([at('before', 'promote'), at('after', 'promote')]),
      ...twice(at('during', 'prove'), at('before', 'promote')),
    ],
  ).map((axes) => ({ ...axes, portal: 'cutting', ends: BY_PORTAL_AND_CLOCK }));

/** A change that comes minutes later meets an attempt that submits again, or one that was given up: struck where it submits and where it asks. */
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
  ].map((axes) => ({ ...axes, course: 'beside', ends: BY_PORTAL_AND_CLOCK }));
};

/** `during`: the lease was looked at and the call is made next. Only then may another rotation have gone by: earlier it finds out by its lease. */
function stopped(stores: readonly StoreKind[]): Cell[] {
  const sides = [at('before', 'stage'), at('after', 'stage'), at('before', 'promote'), at('after', 'promote'), at('before', 'discard'), at('after', 'discard')];
  const inside = [at('during', 'promote'), at('during', 'discard')];
  return stores.flatMap((store) => [
    ...[...sides, ...inside].map((moment) => stop(store, 'stopped', moment)),
    ...[at('after', 'stage'), ...inside].map((moment) => stop(store, 'outrun', moment)),
  ]);
}

function stop(store: StoreKind, course: 'stopped' | 'outrun', moment: Moment): Cell {
  const passwordsChanged = (moment.act === 'discard' ? 2 : 1) + (course === 'outrun' ? 1 : 0);
  return cell({ store, answer: 'answered', strikes: [moment], course, ends: { ...BY_PORTAL_AND_CLOCK, passwordsChanged } });
}

/** How far the portal and the store had come, and what the database that took over still knows of it. */
const LOSSES: readonly (readonly [Moment, readonly Lost[]])[] = [
  [at('after', 'change'), ['planned', 'staged', 'submitting']],
  [at('after', 'promote'), ['planned', 'staged', 'submitting', 'verified']],
  [at('after', 'journal:done'), ['planned', 'staged', 'submitting', 'verified', 'promoted', 'done']],
];

function forgetful(stores: readonly StoreKind[]): Cell[] {
  const pairs = LOSSES.flatMap(([moment, losses]) => losses.map((loses) => ({ strikes: [moment], loses })));
  const answers = ['answered', 'error'] as const;
  const plain = stores.flatMap((store, round) =>
    pairs.map((axes, index) => ({ ...axes, store, answer: answers[(round + index) % answers.length] as Answer, ends: BY_PORTAL_AND_CLOCK })),
  );
  // The codes that were used are forgotten as well.
  const codes = LOSSES.map(([moment]) => ({ portal: 'codes', answer: 'answered', strikes: [moment], loses: 'submitting', ends: BY_PORTAL_AND_CLOCK }) as const);
  return [...plain.map(cell), ...inTurn(stores, codes)];
}

export function crossedCells(stores: readonly StoreKind[]): Cell[] {
  const groups = [codes(), oneText(), cutting(), late(), lies(), beside()];
  return [...groups.flatMap((group) => inTurn(stores, group)), ...stopped(stores), ...forgetful(stores)];
}
