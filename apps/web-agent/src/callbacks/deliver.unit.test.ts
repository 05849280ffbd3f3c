import { expect, test } from 'vitest';
import { retryAfter } from './deliver.ts';

test('pauses grow to an hour, and end within the day for which each task is kept at least', () => {
  const pauses: number[] = [];
  for (let ageMs = 0, tries = 1; ; tries += 1) {
    const pause = retryAfter({ tries, ageMs }, { reason: 'silent' });
    if (pause === null) break;
    pauses.push(pause);
    ageMs += pause;
  }
  expect(pauses.slice(0, 4)).toEqual([5_000, 10_000, 20_000, 40_000]);
  expect([Math.max(...pauses), pauses.toSorted((a, b) => a - b)]).toEqual([3_600_000, pauses]);
  expect(pauses.reduce((all, each) => all + each, 0)).toBeLessThan(20 * 3_600_000);
  expect(retryAfter({ tries: 2, ageMs: 72_000_000 }, { reason: 'silent' })).toBeNull();
});
