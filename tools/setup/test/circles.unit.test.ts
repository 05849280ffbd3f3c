import { expect, test } from 'vitest';
import { circlesOf } from './circles.mjs';

const circles = (names: Readonly<Record<string, readonly string[]>>) => circlesOf(new Map(Object.entries(names))).sort();

test('files that name each other are found, however long the way, and only these', () => {
  expect(circles({ a: ['b'], b: ['c'], c: [] })).toEqual([]);
  expect(circles({ a: ['b', 'c'], b: ['d'], c: ['d'], d: [] })).toEqual([]);
  expect(circles({ a: ['a'] })).toEqual([['a']]);
  expect(circles({ a: ['b'], b: ['c'], c: ['b'], d: ['a'] })).toEqual([['b', 'c']]);
  expect(circles({ a: ['b'], b: ['c'], c: ['d'], d: ['a', 'e'], e: ['f'], f: ['e', 'g'], g: [] })).toEqual([
    ['a', 'b', 'c', 'd'],
    ['e', 'f'],
  ]);
  // Two ways that share a file are one set.
  expect(circles({ a: ['b', 'c'], b: ['a'], c: ['a'] })).toEqual([['a', 'b', 'c']]);
});
