import { describe, expect, it } from 'vitest';
import { errorCodes, hasCode, isRetryable, RcmError } from './error.ts';
import { ID_PATTERN, idSchema, isId } from './ids.ts';

describe('RcmError', () => {
  it('keeps code, details and cause', () => {
    const cause = new Error('below');
    const error = new RcmError('store_denied', 'Denied.', { cause, details: { endpointId: 'e-1' } });
    expect(error).toMatchObject({ name: 'RcmError', code: 'store_denied', message: 'Denied.', details: { endpointId: 'e-1' }, cause });
    expect(hasCode(error, 'store_denied', 'store_throttled')).toBe(true);
    expect(hasCode(error, 'store_throttled')).toBe(false);
  });

  it('never calls retryable what could lock an account or cross a tenant', () => {
    const risky = errorCodes.filter((code) => /^(login_(rejected|locked|challenged|mfa_required)|reference_|store_denied|store_conflict|secret_)/.test(code));
    expect(risky.length).toBeGreaterThan(7);
    expect(risky.filter((code) => new RcmError(code, 'x').retryable)).toEqual([]);
  });

  it('does not retry what is not understood', () => {
    expect([new Error('x'), 'text', null, undefined, { code: 'store_throttled', retryable: true }].map(isRetryable)).toEqual([
      false,
      false,
      false,
      false,
      false,
    ]);
    expect(isRetryable(new RcmError('store_throttled', 'x'))).toBe(true);
  });
});

describe('ids', () => {
  it.each(['a', 'hospital-1', '7b1d-1111-cafe', 'a'.repeat(63)])('accepts %s', (id) => {
    expect(isId(id) && idSchema.safeParse(id).success).toBe(true);
  });

  it.each(['', '-a', 'A', 'a_b', 'a/b', 'a.b', '..', 'a*', 'a b', 'a\n', 'ä', 'a'.repeat(64)])('refuses %j', (id) => {
    expect(isId(id) || idSchema.safeParse(id).success).toBe(false);
    expect(ID_PATTERN.test(id)).toBe(false);
  });
});
