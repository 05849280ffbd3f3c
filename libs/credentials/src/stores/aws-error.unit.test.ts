import { RcmError } from '@rcm/telemetry';
import { describe, expect, it } from 'vitest';
import { maySessionBeOver, translateAwsError } from './aws-error.ts';

const awsError = (name: string, httpStatusCode?: number) =>
  Object.assign(new Error("Value 'hunter2' failed to satisfy constraint"), { name, $metadata: { httpStatusCode, requestId: 'r-1' } });

describe('an AWS error', () => {
  it.each([
    ['ThrottlingException', 400, 'store_throttled', true],
    ['TooManyUpdates', 400, 'store_throttled', true],
    ['AnythingElse', 429, 'store_throttled', true],
    ['AccessDeniedException', 400, 'store_denied', false],
    ['AccessDenied', 403, 'store_denied', false],
    ['InvalidKeyId', 400, 'store_denied', false],
    ['ValidationException', 400, 'store_denied', false],
    ['ParameterLimitExceeded', 400, 'store_full', false],
    ['ExpiredTokenException', 400, 'store_unavailable', true],
    ['InternalServerError', 500, 'store_unavailable', true],
    ['ServiceUnavailable', 503, 'store_unavailable', true],
    ['TimeoutError', undefined, 'store_unavailable', true],
    ['Error', undefined, 'store_unavailable', true],
  ])('%s with status %s is %s', (name, status, code, retryable) => {
    const error = translateAwsError(awsError(name, status), 'Reading');
    expect([error.code, error.retryable]).toEqual([code, retryable]);
    expect(error.details).toEqual({ awsError: name, status: status ?? null, requestId: 'r-1' });
  });

  it('takes nothing of the SDK message along: it may quote what was sent', () => {
    const error = translateAwsError(awsError('ValidationException', 400), 'Writing');
    expect(`${error.stack} ${JSON.stringify(error)} ${String(error.cause)}`).not.toContain('hunter2');
  });

  it('leaves our own errors as they are', () => {
    const own = new RcmError('deadline_exceeded', 'late');
    expect(translateAwsError(own, 'Reading')).toBe(own);
  });

  it('survives things thrown that are no errors', () => {
    for (const thrown of [null, undefined, 'text', 7]) expect(translateAwsError(thrown, 'Reading').code).toBe('store_unavailable');
  });

  it('may be said of a session that is over, or of the call alone', () => {
    for (const name of ['AccessDeniedException', 'ExpiredTokenException', 'UnrecognizedClientException', 'InvalidClientTokenId'])
      expect([name, maySessionBeOver(awsError(name, 400))]).toEqual([name, true]);
    const others = ['ThrottlingException', 'ValidationException', 'InternalServerError', 'RcmError'];
    for (const name of others) expect([name, maySessionBeOver(awsError(name, 400))]).toEqual([name, false]);
  });
});
