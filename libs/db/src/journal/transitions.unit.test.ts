import { expect, test } from 'vitest';
import type { AttemptState } from './attempt.ts';
import { mayAdvance, mayEnd } from './transitions.ts';

const STATES: readonly AttemptState[] = ['planned', 'staged', 'submitting', 'applied', 'verified', 'promoted', 'waiting', 'blocked', 'done', 'abandoned'];

test('the steps of DESIGN "Rotation", and no others', () => {
  const steps = STATES.flatMap((from) => STATES.filter((to) => from !== to && mayAdvance(from, to)).map((to) => `${from} → ${to}`));
  expect(steps).toEqual([
    'planned → staged',
    'staged → submitting',
    'submitting → staged',
    'submitting → applied',
    'applied → submitting',
    'applied → verified',
    'verified → applied',
  ]);
});

test('an attempt is abandoned only while the portal may be unchanged, and done only after promotion', () => {
  expect(STATES.filter((state) => mayEnd(state, 'abandoned'))).toEqual(['planned', 'staged', 'submitting']);
  expect(STATES.filter((state) => mayEnd(state, 'done'))).toEqual(['promoted']);
});
