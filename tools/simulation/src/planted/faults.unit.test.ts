import { expect, test } from 'vitest';
import { PLANTED } from './faults.ts';
import { placesOf } from './plant.ts';
import { editsOf } from './planted-fault.ts';

test.each(PLANTED)('$name can still be planted: each of its texts stands once in its file', (fault) => {
  expect(editsOf(fault).map(placesOf)).toEqual(editsOf(fault).map(() => 1));
});

test('there are thirty of them at least, each with a name of its own', () => {
  expect(new Set(PLANTED.map(({ name }) => name)).size).toBe(PLANTED.length);
  expect(PLANTED.length).toBeGreaterThanOrEqual(30);
});
