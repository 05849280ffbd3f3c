import { createLogger, RcmError } from '@rcm/telemetry';
import { expect, test } from 'vitest';
import { failureOf } from './failure.ts';

/** What a person is told of it, and the lines of the log. */
function told(error: Error) {
  const lines: string[] = [];
  const failure = failureOf(error, createLogger({ name: 'console', destination: { write: (line) => void lines.push(line) } }));
  return { failure, lines };
}

const CAUSE = new Error('no answer from https://id.example/token?code=c0de-of-somebody with authorization: Basic Y29uc29sZTpzM2NyZXQ=', {
  cause: Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED', body: { refresh_token: 'r3fresh-t0ken' } }),
});

test.each<[error: Error, status: number, code: string]>([
  [new RcmError('identity_unavailable', 'The issuer does not answer.', { cause: CAUSE }), 503, 'identity_unavailable'],
  [new RcmError('database_unavailable', 'The database does not answer.', { cause: CAUSE }), 503, 'database_unavailable'],
  [new RcmError('database_failed', 'A rule of a table was broken.', { cause: CAUSE }), 500, 'database_failed'],
  [new RcmError('queue_full', 'As many are open as may be.', { cause: CAUSE }), 503, 'queue_full'],
  [new RcmError('config_invalid', 'It is set up wrong.', { cause: CAUSE }), 500, 'config_invalid'],
  [new TypeError('x is not a function', { cause: CAUSE }), 500, 'unexpected'],
])('%s is one line of the log, with why, under the number that the page shows', (error, status, code) => {
  const { failure, lines } = told(error);
  expect(failure).toMatchObject({ status, code });
  const [, number] = /under number (\d{9})\.$/.exec(failure.sentence) ?? [];
  expect(lines).toHaveLength(1);
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({
    level: 50,
    number: Number(number),
    err: { message: error.message, cause: { message: expect.stringContaining('https://id.example/token') as string, cause: { code: 'ECONNREFUSED' } } },
  });
  for (const secret of ['c0de-of-somebody', 'Y29uc29sZTpzM2NyZXQ', 'r3fresh-t0ken']) expect(lines.join()).not.toContain(secret);
  expect(failure.sentence).not.toMatch(/table|ECONNREFUSED|id\.example|function/);
});

test.each<[error: Error, status: number]>([
  [new RcmError('state_conflict', 'Somebody was faster.', { cause: CAUSE }), 409],
  [new RcmError('token_invalid', 'Nobody is signed in.', { cause: CAUSE }), 403],
  [Object.assign(new Error('Body is too large'), { statusCode: 413 }), 413],
])('%s is no failure of the console: it is told, and the log has the request alone', (error, status) => {
  const { failure, lines } = told(error);
  expect([failure.status, lines]).toEqual([status, []]);
  expect(failure.sentence).not.toContain('number');
});
