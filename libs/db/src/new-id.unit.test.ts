import { expect, test } from 'vitest';
import { isUuid } from './input.ts';
import { newId } from './new-id.ts';

const INSTANT = Date.UTC(2026, 10, 29, 12);

test('an id says when it was made, and grows with that moment', () => {
  const ids = [0, 1, 255, 256, 86_400_000, 400 * 86_400_000].map((later) => newId(INSTANT + later));
  expect(ids.every(isUuid)).toBe(true);
  expect(ids).toEqual([...ids].sort());
  expect(ids[0]).toMatch(/^01a2272d-2600-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
});

test('of one moment no two are the same', () => {
  expect(new Set(Array.from({ length: 10_000 }, () => newId(INSTANT))).size).toBe(10_000);
});
