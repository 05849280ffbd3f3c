import { expect, it } from 'vitest';
import { TenantRate } from './rate.ts';

it('lets a tenant ask as often as it may, says when to come back, and leaves the others alone', () => {
  let now = 0;
  const rate = new TenantRate({ perMinute: 6, now: () => now });
  expect(Array.from({ length: 6 }, () => rate.take('a').waitSeconds)).toEqual([0, 0, 0, 0, 0, 0]);
  expect(rate.take('a').waitSeconds).toBe(10);
  expect(rate.take('b').waitSeconds).toBe(0);
  now = 9_000;
  expect(rate.take('a').waitSeconds).toBe(1);
  now = 10_000;
  expect(rate.take('a').waitSeconds).toBe(0);
  expect(rate.take('a').waitSeconds).toBe(10);
});

it('says how many are left, and when all of them are there again', () => {
  let now = 0;
  const rate = new TenantRate({ perMinute: 6, now: () => now });
  expect(rate.take('a')).toEqual({ waitSeconds: 0, left: 5, wholeInSeconds: 10, perMinute: 6 });
  now = 4_000;
  expect(rate.take('a')).toEqual({ waitSeconds: 0, left: 4, wholeInSeconds: 16, perMinute: 6 });
});

it('saves up a minute’s allowance and no more', () => {
  let now = 0;
  const rate = new TenantRate({ perMinute: 2, now: () => now });
  rate.take('a');
  now = 3_600_000;
  expect([rate.take('a'), rate.take('a'), rate.take('a')].map(({ waitSeconds }) => waitSeconds)).toEqual([0, 0, 30]);
});

it('remembers a bounded number of tenants', () => {
  const rate = new TenantRate({ perMinute: 1, now: () => 0 });
  for (let i = 0; i < 10_050; i += 1) rate.take(`tenant-${i}`);
  expect(rate.size).toBe(10_000);
  expect(rate.take('tenant-10049').waitSeconds).toBeGreaterThan(0);
});
