import { errorCodes, RcmError } from '@rcm/telemetry';
import { describe, expect, it } from 'vitest';
import { putOffDelay, resultOf, retryDelay, verdictOf, whenLast, whenStopped } from './verdict.ts';

const NOW = new Date('2026-01-02T03:00:00Z');
const kindOf = (code: (typeof errorCodes)[number]) => verdictOf(new RcmError(code, 'a test'), NOW).kind;

describe('what becomes of a task that met an error', () => {
  it('never tries a rejected or locked login again', () => {
    for (const code of ['login_rejected', 'login_locked', 'login_challenged', 'login_password_expired', 'automation_forbidden'] as const)
      expect(kindOf(code)).toBe('failed');
  });

  it('is put off, not failed, while a login is being changed', () => {
    expect(verdictOf(new RcmError('lease_unavailable', 'busy', { details: { reason: 'exclusive_held' } }), NOW)).toEqual({
      kind: 'put_off',
      reason: 'exclusive_held',
    });
    for (const code of ['lease_lost', 'login_not_allowed', 'automation_undecided', 'cancelled'] as const) expect(kindOf(code)).toBe('put_off');
  });

  it('is put off, not failed, by a process that has no browser or no place in it: another has', () => {
    expect(verdictOf(new RcmError('browser_unavailable', 'no Chromium'), NOW)).toEqual({ kind: 'put_off', reason: 'browser_unavailable' });
  });

  it('waits for a store or a database that does not answer or is asked too much, however long, and not every moment: it says nothing of the task', () => {
    for (const code of ['store_unavailable', 'store_throttled', 'database_unavailable', 'audit_unavailable'] as const)
      expect(verdictOf(new RcmError(code, 'down'), NOW)).toEqual({ kind: 'put_off', reason: code, until: new Date('2026-01-02T03:00:30Z') });
    expect(kindOf('store_denied')).toBe('failed');
  });

  it('is tried again where the portal was not there', () => {
    for (const code of ['portal_unavailable', 'portal_unexpected', 'deadline_exceeded'] as const) expect(kindOf(code)).toBe('retry');
  });

  it('waits, and spends no try, where the portal says until when it is away; a moment that has passed says nothing', () => {
    const away = (until: string) => verdictOf(new RcmError('portal_unavailable', 'maintenance', { details: { until } }), NOW);
    expect(away('2026-01-02T04:00:00Z')).toEqual({ kind: 'put_off', reason: 'portal_unavailable', until: new Date('2026-01-02T04:00:00Z') });
    for (const past of ['2026-01-02T03:00:00Z', '2026-01-02T02:00:00Z', 'soon']) expect(away(past).kind).toBe('retry');
    expect(verdictOf(new RcmError('portal_unexpected', 'x', { details: { until: '2026-01-02T04:00:00Z' } }), NOW).kind).toBe('retry');
  });

  it('is not tried again where the portal answers and the answer does not fit the contract', () => {
    expect(kindOf('contract_unmet')).toBe('failed');
    expect(resultOf({ kind: 'unfit', detail: 'd' })).toBeNull();
  });

  it('has a verdict for every code, and fails what nobody understands', () => {
    for (const code of errorCodes) expect(['put_off', 'retry', 'failed']).toContain(kindOf(code));
    expect(verdictOf(new TypeError('x is not a function'), NOW)).toEqual({
      kind: 'failed',
      code: 'portal_unexpected',
      message: 'An unexpected error; see the log.',
    });
  });
});

describe('a task that was put off', () => {
  const now = new Date('2026-01-02T03:00:00Z');
  const refusal = (named: RcmError['details']) =>
    verdictOf(new RcmError('login_not_allowed', 'cools down', { details: { reason: 'password_suspect', ...named } }), NOW);

  it('knows until when, where its refusal says so', () => {
    const until = new Date('2026-01-02T03:02:00Z');
    expect(refusal({ until: until.toISOString() })).toEqual({ kind: 'put_off', reason: 'password_suspect', until });
    const unknown: readonly RcmError['details'][] = [{}, { until: null }, { until: 'soon' }, { until: 7 }];
    for (const nothing of unknown) expect(refusal(nothing)).toEqual({ kind: 'put_off', reason: 'password_suspect' });
  });

  it.each([
    ['nothing is named', undefined, 2_000],
    ['a moment in two minutes', '2026-01-02T03:02:00Z', 120_000],
    ['a moment that is nearly there', '2026-01-02T03:00:01Z', 2_000],
    ['a moment that has passed', '2026-01-02T02:00:00Z', 2_000],
    ['a moment in a week: somebody may end the wait before', '2026-01-09T03:00:00Z', 300_000],
  ])('comes back in time: %s', (_, until, delayMs) => {
    expect(putOffDelay(until === undefined ? {} : { until: new Date(until) }, { leastMs: 2_000, now })).toBe(delayMs);
  });

  it('never comes back sooner than this process is told to wait', () => {
    expect(putOffDelay({ until: new Date('2026-01-09T03:00:00Z') }, { leastMs: 600_000, now })).toBe(600_000);
  });
});

it('the pause after a try doubles, and is a day at most, however many tries a deployment allows', () => {
  expect([1, 2, 3].map((tries) => retryDelay(tries, 5_000))).toEqual([5_000, 10_000, 20_000]);
  for (const tries of [20, 24, 100]) expect(retryDelay(tries, 5_000)).toBe(86_400_000);
});

it('what would be tried again has failed where the try was the last, and nothing else changes', () => {
  const again = { kind: 'retry', code: 'portal_unexpected', message: 'm' } as const;
  expect(whenLast(again, { last: true })).toEqual({ ...again, kind: 'failed' });
  expect(whenLast(again, { last: false })).toBe(again);
  for (const verdict of [
    { kind: 'put_off', reason: 'in_use' },
    { kind: 'succeeded', result: { found: false, rows: [] } },
  ] as const)
    expect(whenLast(verdict, { last: true })).toBe(verdict);
});

describe('a try that was stopped', () => {
  const now = { stopped: true, late: false };
  it('spends nothing where it only looks as if the portal had failed', () => {
    expect(whenStopped({ kind: 'retry', code: 'portal_unexpected', message: 'm' }, now)).toEqual({ kind: 'put_off', reason: 'cancelled' });
    expect(whenStopped({ kind: 'retry', code: 'portal_unexpected', message: 'm' }, { stopped: false, late: false })).toMatchObject({ kind: 'retry' });
  });

  it('keeps what the portal said', () => {
    expect(whenStopped({ kind: 'failed', code: 'login_rejected', message: 'm' }, { stopped: true, late: true })).toMatchObject({ code: 'login_rejected' });
  });

  it('past the deadline fails for good', () => {
    expect(whenStopped({ kind: 'put_off', reason: 'in_use' }, { stopped: true, late: true })).toMatchObject({ kind: 'failed', code: 'deadline_exceeded' });
  });
});

it('a result says which contract its rows fulfil, where the task has one', () => {
  const rows = [{ claim_number: 'C-1', billed: { amount: '1.00', currency: 'USD' }, raw: { number: 'C-1' } }];
  expect(resultOf({ kind: 'found', contract: 'claim_status', rows })).toEqual({ found: true, contract: 'claim_status', rows });
  expect(resultOf({ kind: 'found', rows: [{ a: 'b' }], fields: { c: 1 } })).toEqual({ found: true, rows: [{ a: 'b' }], fields: { c: 1 } });
  expect(resultOf({ kind: 'found', rows: [], doubts: ['more_rows_told'] })).toEqual({ found: true, rows: [], doubts: ['more_rows_told'] });
});
