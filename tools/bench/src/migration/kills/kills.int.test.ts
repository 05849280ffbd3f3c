import { expect, test } from 'vitest';
import { kills } from './kills.ts';

test('a migrator that is killed at random moments, with people who edit rows, loses nothing and leaves nothing old behind', { timeout: 900_000 }, async () => {
  const results = await kills.run({ size: 'quick', progress: () => undefined, signal: new AbortController().signal });
  expect(results).toHaveLength(5);
  for (const result of results) expect(result).toMatchObject({ met: true });
});
