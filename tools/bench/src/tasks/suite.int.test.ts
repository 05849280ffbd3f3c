import { expect, test } from 'vitest';
import { suite } from './suite.ts';

test('tasks are taken to the end of the measurement in its small size, now and with one lock for all', async () => {
  const lines = await Promise.all(
    suite.map((measurement) => measurement.run({ size: 'quick', progress: () => undefined, signal: new AbortController().signal })),
  );
  const taken = lines.flat().filter(({ name }) => name.endsWith(': tasks taken and ended'));
  expect(taken.map(({ name }) => name)).toEqual([1, 8].map((takers) => expect.stringContaining(`${takers} at once`)));
  for (const { ours, peers } of taken) expect([ours, ...Object.values(peers)].every((perSecond) => (perSecond ?? 0) > 0)).toBe(true);
});
