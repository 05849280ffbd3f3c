import { createSecretKey, randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { KeyCache } from './key-cache.ts';

const key = createSecretKey(randomBytes(32));

test('seals under a key until its day is over, and opens with it after that', () => {
  let now = 0;
  const cache = new KeyCache({ now: () => now, longestMs: 10_000, mostUses: 5, mostKeys: 5 });
  cache.add('mercy', { id: 'k', key, leftMs: 1_000, current: true });
  now = 999;
  expect(cache.toSeal('mercy')?.id).toBe('k');
  now = 1_000;
  expect(cache.toSeal('mercy')).toBeNull();
  expect(cache.toOpen('mercy', 'k')?.id).toBe('k');
  now = 10_000;
  expect(cache.toOpen('mercy', 'k')).toBeNull();
});
