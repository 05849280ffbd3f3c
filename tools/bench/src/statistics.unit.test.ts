import { seededRandom } from '@rcm/local-aws/kit';
import { expect, test } from 'vitest';
import { zipf } from './zipf.ts';
import { median, quantile } from './statistics.ts';

test('quantiles are values that were measured, by nearest rank', () => {
  const values = Array.from({ length: 100 }, (_, i) => 100 - i);
  expect([quantile(values, 0), quantile(values, 0.5), quantile(values, 0.99), quantile(values, 1)]).toEqual([1, 50, 99, 100]);
  expect([median([3, 1, 2]), quantile([], 0.5)]).toEqual([2, Number.NaN]);
});

test('ranks are drawn as often as 1 / rank, and the same seed draws the same', () => {
  const draw = (seed: number) => {
    const next = zipf(10, seededRandom(seed));
    return Array.from({ length: 100_000 }, next);
  };
  const drawn = draw(7);
  expect(draw(7)).toEqual(drawn);
  const counts = Array.from({ length: 10 }, (_, rank) => drawn.filter((each) => each === rank).length);
  for (const [rank, count] of counts.entries()) expect(count / (counts[0] ?? 1)).toBeCloseTo(1 / (rank + 1), 1);
  expect(new Set(drawn)).toEqual(new Set([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]));
});
