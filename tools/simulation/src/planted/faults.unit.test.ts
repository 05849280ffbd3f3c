import { expect, test } from 'vitest';
import { PLANTED } from './faults.ts';
import { placesOf } from './plant.ts';
import { editsOf } from './planted-fault.ts';
import { CLIMATES } from './climates.ts';

test.each(PLANTED)('$name can still be planted: each of its texts stands once in its file', (fault) => {
  expect(editsOf(fault).map(placesOf)).toEqual(editsOf(fault).map(() => 1));
});

test.each(CLIMATES)('the climate $name can still be made', ({ edits }) => {
  expect(edits.map(placesOf)).toEqual(edits.map(() => 1));
});

test('there are thirty faults at least, each with a name of its own', () => {
  const names = [...PLANTED, ...CLIMATES].map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  expect(PLANTED.length).toBeGreaterThanOrEqual(30);
});
