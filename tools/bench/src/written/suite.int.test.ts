import { expect, test } from 'vitest';
import { suite } from './suite.ts';

test('what is written is measured to its end in the small size, of each act, and stays below what it may be', async () => {
  const [measurement] = suite;
  const results = (await measurement?.run({ size: 'quick', progress: () => undefined, signal: new AbortController().signal })) ?? [];
  expect(results.map(({ name }) => name)).toEqual(['a task that signs in', 'a task of a session', 'a rotation'].map((act) => `${act}: written ahead`));
  for (const { name, ours, met } of results) expect({ name, ours, met }).toEqual({ name, ours: expect.any(Number), met: true });
  expect(Math.min(...results.map(({ ours }) => ours ?? 0))).toBeGreaterThan(1_000);
});
