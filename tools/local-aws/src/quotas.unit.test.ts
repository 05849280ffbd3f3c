import { expect, test } from 'vitest';
import { createQuotas } from './quotas.ts';
import { testClock } from './running.fixture.ts';

const taken = (quotas: ReturnType<typeof createQuotas>, action: string, times: number): number =>
  Array.from({ length: times }, () => quotas.take(action)).filter(Boolean).length;

test('lets a second’s worth through at once, then refills evenly', () => {
  const clock = testClock();
  const quotas = createQuotas({ reads: 40, writes: 3 }, clock);
  expect(taken(quotas, 'ssm:GetParameter', 100)).toBe(40);
  clock.advance(500);
  expect(taken(quotas, 'ssm:GetParameters', 100)).toBe(20);
  clock.advance(60_000);
  expect(taken(quotas, 'ssm:GetParametersByPath', 100)).toBe(40);
});

test('counts reads and writes apart, and nothing else at all', () => {
  const quotas = createQuotas({ reads: 1, writes: 3 }, testClock());
  expect(taken(quotas, 'ssm:GetParameter', 5)).toBe(1);
  expect(taken(quotas, 'ssm:PutParameter', 5)).toBe(3);
  expect(taken(quotas, 'secretsmanager:GetSecretValue', 5)).toBe(5);
});

test('a clock that goes back refills nothing and blocks nothing for long', () => {
  const clock = testClock();
  const quotas = createQuotas({ reads: 2 }, clock);
  expect(taken(quotas, 'ssm:GetParameter', 5)).toBe(2);
  clock.advance(-60_000);
  expect(taken(quotas, 'ssm:GetParameter', 5)).toBe(0);
  clock.advance(1_000);
  expect(taken(quotas, 'ssm:GetParameter', 5)).toBe(2);
});
