import { expect, test } from 'vitest';
import type { AttemptState } from './attempt.ts';
import { isOpenState, mayAdvance, mayEnd, nextState, TRANSITIONS } from './transitions.ts';

const OPEN = ['planned', 'staged', 'submitting', 'applied', 'verified', 'promoted'] as const;
const STATES: readonly AttemptState[] = [...OPEN, 'waiting', 'blocked', 'done', 'abandoned'];

test('the steps of docs/design.md, and no others', () => {
  const steps = STATES.flatMap((from) => STATES.filter((to) => from !== to && mayAdvance(from, to)).map((to) => `${from} → ${to}`));
  expect(steps).toEqual([
    'planned → staged',
    'staged → submitting',
    // What the portal accepts is none of what was submitted.
    'staged → verified',
    'submitting → staged',
    'submitting → applied',
    'submitting → verified',
    'applied → submitting',
    'applied → verified',
    'verified → applied',
  ]);
});

test('a state may be written over itself to note progress, where it is open', () => {
  expect(STATES.filter((state) => mayAdvance(state, state))).toEqual([...OPEN]);
});

test('an attempt is done only after promotion', () => {
  expect(STATES.filter((state) => mayEnd(state, 'done'))).toEqual(['promoted']);
});

test('once something may have been submitted, only a proof that nothing was changed abandons, or that nobody wants the account rotated any more', () => {
  expect(cells('abandoned', ['submitting'])).toEqual(['submitting/unchanged', 'submitting/account_left']);
  expect(cells('abandoned', ['applied', 'verified'])).toEqual(['applied/account_left', 'verified/account_left']);
});

/** The cells that lead from one state to another, or from any: `state/event`. */
const cells = (to: AttemptState, from: readonly (typeof OPEN)[number][] = OPEN): readonly string[] =>
  from.flatMap((state) => Object.entries(TRANSITIONS[state]).flatMap(([event, next]) => (next === to ? [`${state}/${event}`] : [])));

test('nothing is promoted that was not verified, and nothing is verified that the portal did not accept', () => {
  expect(cells('promoted')).toEqual(['verified/store_promoted']);
  expect(cells('verified')).toEqual(['staged/other_accepted', 'submitting/other_accepted', 'applied/staged_accepted']);
  expect(cells('blocked')).toEqual(['submitting/none_accepted', 'applied/none_accepted', 'verified/copy_missing']);
});

test('an attempt goes back only where something proved it', () => {
  expect(cells('staged', ['submitting'])).toEqual(['submitting/change_not_sent', 'submitting/current_accepted']);
  expect(cells('submitting', ['applied'])).toEqual(['applied/staged_refused', 'applied/copy_missing']);
  expect(cells('applied', ['verified'])).toEqual(['verified/current_edited', 'verified/proof_old']);
  expect(OPEN.flatMap((state, at) => OPEN.slice(0, at).flatMap((earlier) => cells(earlier, [state])))).toHaveLength(6);
});

test('nothing leads out of an end, a wait or a block', () => {
  for (const state of ['done', 'abandoned', 'waiting', 'blocked'] as const) expect(isOpenState(state)).toBe(false);
});

test('every state of the table is reached from the first one, and leads to an end', () => {
  const reached = (from: AttemptState, seen: Set<AttemptState> = new Set()): Set<AttemptState> => {
    if (seen.has(from)) return seen;
    seen.add(from);
    if (isOpenState(from)) for (const to of Object.values(TRANSITIONS[from])) reached(to, seen);
    return seen;
  };
  expect([...reached('planned')].sort()).toEqual([...OPEN, 'abandoned', 'blocked', 'done'].sort());
  for (const state of OPEN) expect([...reached(state)]).toContain('done');
});

test('what has no cell follows nothing', () => {
  expect(nextState('planned', 'payload_staged')).toBe('staged');
  expect(nextState('planned', 'store_promoted')).toBeNull();
  expect(nextState('promoted', 'change_sending')).toBeNull();
});
