import { expect, test } from 'vitest';
import type { AttemptState } from './attempt.ts';
import { isOpenState, mayAdvance, mayEnd, nextState, TRANSITIONS } from './transitions.ts';

const OPEN = ['planned', 'staged', 'submitting', 'applied', 'verified', 'promoted'] as const;
const STATES: readonly AttemptState[] = [...OPEN, 'waiting', 'blocked', 'done', 'abandoned'];

test('the steps of DESIGN "Rotation", and no others', () => {
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

test('an attempt is abandoned only while the portal may be unchanged or after it was put right, and done only after promotion', () => {
  expect(STATES.filter((state) => mayEnd(state, 'abandoned'))).toEqual(['planned', 'staged', 'submitting', 'promoted']);
  expect(STATES.filter((state) => mayEnd(state, 'done'))).toEqual(['promoted']);
});

test('once something may have been submitted, only a proof that nothing was changed abandons', () => {
  const abandons = Object.entries(TRANSITIONS.submitting).filter(([, to]) => to === 'abandoned');
  expect(abandons.map(([event]) => event)).toEqual(['unchanged']);
  for (const state of ['applied', 'verified'] as const) expect(Object.values(TRANSITIONS[state])).not.toContain('abandoned');
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
