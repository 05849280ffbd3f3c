import type { CallbackState } from '@rcm/db/tasks';
import { expect, test } from 'vitest';
import { callbackNote } from './task-words.ts';

const NOW = new Date('2026-12-06T12:00:00Z');
const AT = new Date('2026-12-06T11:00:00Z');
const LATER = new Date('2026-12-06T12:05:00Z');
const told = (rest: Partial<CallbackState>): CallbackState => ({ name: 'claims', state: 'waiting', at: AT, tries: 0, error: null, ...rest });

test.each<[CallbackState | null, Date | null, string | null]>([
  [null, AT, null],
  [told({ at: null }), null, 'claims, when the task ends'],
  [told({}), AT, 'claims: not delivered yet'],
  [told({ state: 'failing', at: LATER, tries: 3, error: 'refused 404' }), AT, 'claims: not taken yet (refused 404), again in 5 min'],
  [told({ state: 'delivered', tries: 4 }), AT, 'claims: delivered 1 h ago'],
  [told({ state: 'given up', tries: 24, error: 'silent' }), AT, 'claims: given up 1 h ago, after 24 tries: silent'],
])('a callback %j of a task that ended %j: %s', (state, finishedAt, words) => {
  expect(callbackNote({ told: state, finishedAt }, NOW)).toBe(words);
});
