import { errorCodes, RcmError } from '@rcm/telemetry';
import { describe, expect, it } from 'vitest';
import { verdictOf, whenStopped } from './verdict.ts';

const kindOf = (code: (typeof errorCodes)[number]) => verdictOf(new RcmError(code, 'a test')).kind;

describe('what becomes of a task that met an error', () => {
  it('never tries a rejected or locked login again', () => {
    for (const code of ['login_rejected', 'login_locked', 'login_challenged', 'login_password_expired'] as const) expect(kindOf(code)).toBe('failed');
  });

  it('is put off, not failed, while a login is being changed', () => {
    expect(verdictOf(new RcmError('lease_unavailable', 'busy', { details: { reason: 'exclusive_held' } }))).toEqual({
      kind: 'put_off',
      reason: 'exclusive_held',
    });
    for (const code of ['lease_lost', 'login_not_allowed', 'cancelled'] as const) expect(kindOf(code)).toBe('put_off');
  });

  it('is tried again where the portal or the store was not there', () => {
    for (const code of ['portal_unavailable', 'portal_unexpected', 'store_unavailable', 'deadline_exceeded'] as const) expect(kindOf(code)).toBe('retry');
  });

  it('has a verdict for every code, and fails what nobody understands', () => {
    for (const code of errorCodes) expect(['put_off', 'retry', 'failed']).toContain(kindOf(code));
    expect(verdictOf(new TypeError('x is not a function'))).toEqual({
      kind: 'failed',
      code: 'portal_unexpected',
      message: 'An unexpected error; see the log.',
    });
  });
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
