import { expect, test } from 'vitest';
import { createFaults, type Fault } from './faults.ts';

const taken = (fault: Fault, times: number, service = 'ssm', operation = 'GetParameter'): boolean[] => {
  const faults = createFaults();
  faults.set([fault]);
  return Array.from({ length: times }, () => faults.take(service, operation) !== null);
};

test('hits every call, one service’s or one operation’s', () => {
  expect(taken({ kind: 'drop' }, 1)).toEqual([true]);
  expect(taken({ kind: 'drop', match: 'ssm' }, 1)).toEqual([true]);
  expect(taken({ kind: 'drop', match: 'ssm:GetParameter' }, 1)).toEqual([true]);
  expect(taken({ kind: 'drop', match: 'ssm:PutParameter' }, 1)).toEqual([false]);
  expect(taken({ kind: 'drop', match: 'sts' }, 1)).toEqual([false]);
  expect(taken({ kind: 'none' }, 1)).toEqual([false]);
});

test('ends after its count', () => {
  expect(taken({ kind: 'error500', count: 2 }, 4)).toEqual([true, true, false, false]);
});

test('the same seed chooses the same calls, in about the share asked for', () => {
  const first = taken({ kind: 'drop', probability: 0.3, seed: 7 }, 1_000);
  expect(taken({ kind: 'drop', probability: 0.3, seed: 7 }, 1_000)).toEqual(first);
  expect(taken({ kind: 'drop', probability: 0.3, seed: 8 }, 1_000)).not.toEqual(first);
  expect(first.filter(Boolean).length).toBeGreaterThan(250);
  expect(first.filter(Boolean).length).toBeLessThan(350);
});

test('down never lets the act happen first', () => {
  const faults = createFaults();
  faults.set([{ kind: 'down', when: 'after' }]);
  expect(faults.take('ssm', 'PutParameter')).toMatchObject({ when: 'before' });
});
