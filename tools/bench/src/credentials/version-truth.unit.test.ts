import { expect, test, vi } from 'vitest';
import type { BenchSecret } from './secrets.ts';
import { VersionTruth } from './version-truth.ts';

const secret = { endpointId: 'e' } as BenchSecret;

test('an old version counts from its promotion on, and against the bound', () => {
  const now = vi.spyOn(performance, 'now').mockReturnValue(0);
  const truth = new VersionTruth(1_000);
  truth.saw(secret, 0);
  now.mockReturnValue(100);
  truth.promoted(secret, 1);
  expect(truth.staleness).toEqual([0]);
  now.mockReturnValue(150);
  truth.saw(secret, 0);
  now.mockReturnValue(200);
  truth.saw(secret, 1);
  expect([truth.staleness, truth.beyondBound]).toEqual([[50], 0]);
  now.mockReturnValue(1_200);
  truth.saw(secret, 0);
  expect([truth.staleness, truth.beyondBound]).toEqual([[1_100], 1]);
  now.mockRestore();
});
