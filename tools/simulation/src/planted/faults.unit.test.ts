import { expect, test } from 'vitest';
import { PLANTED } from './faults.ts';
import { placesOf } from './plant.ts';

test.each(PLANTED)('$name can still be planted: its text stands once in its file', (fault) => {
  expect(placesOf(fault)).toBe(1);
});

test('there are thirty of them at least, each with a name of its own', () => {
  expect(new Set(PLANTED.map(({ name }) => name)).size).toBe(PLANTED.length);
  expect(PLANTED.length).toBeGreaterThanOrEqual(30);
});
