import { describe, expect, it } from 'vitest';
import { RcmError } from './error.ts';
import { createLogger, type Logger } from './logger.ts';

const CANARY = 'canary-7f3';

function capture(act: (logger: Logger) => void, level = 'info'): { text: string; lines: Record<string, unknown>[] } {
  const written: string[] = [];
  act(createLogger({ name: 'test', level, destination: { write: (line) => void written.push(line) } }));
  return { text: written.join(''), lines: written.map((line) => JSON.parse(line) as Record<string, unknown>) };
}

const HIDDEN = [
  'password',
  'newPassword',
  'previous_password',
  'mfa_seed',
  'mfaSeed',
  'MFA-SEED',
  'oauth_client_secret',
  'custom_fields',
  'credentials',
  'payload',
  'username',
  'user',
].concat([
  'Authorization',
  'cookie',
  'set-cookie',
  'sessionToken',
  'SecretString',
  'secretAccessKey',
  'Value',
  'databaseUrl',
  'connectionString',
  'result',
  'identityKey',
]);

describe('createLogger', () => {
  it.each(HIDDEN)('hides what is called %s, at every depth', (key) => {
    const at = (depth: number): Record<string, unknown> => (depth === 0 ? { [key]: CANARY, list: [{ [key]: { inner: CANARY } }] } : { next: at(depth - 1) });
    const { text } = capture((logger) => {
      for (const depth of [0, 1, 2, 3, 5, 7, 20]) logger.info(at(depth), 'x');
      const child = logger.child({ deep: at(4) }).child({ deeper: at(0) });
      child.setBindings({ set: at(2) });
      child.info('from a child');
      logger.info('interpolated %j %o', at(1), at(4));
    });
    expect(text).not.toContain(CANARY);
  });

  it('hides what a line says once it is put together, and lets no value slip into the place of another', () => {
    const { text, lines } = capture((logger) => {
      logger.info('password=%s id=%s', CANARY, 'e-1');
      logger.info({ n: 1 }, 'at https://u:%s@host/ after %d ms: %s', CANARY, 3, 'gone');
      logger.error(new Error('x'), 'password=%s id=%s', CANARY, 'e-1');
      logger.info('%s=%s', 'password', CANARY);
      logger.info('100%');
    });
    expect(text).not.toContain(CANARY);
    expect(lines.map(({ msg }) => msg)).toEqual([
      ...['password=[redacted] id=e-1', 'at https://[redacted]@host/ after 3 ms: gone', 'password=[redacted] id=e-1', 'password=[redacted]', '100%'],
    ]);
  });

  it('keeps what a person needs to find the cause', () => {
    const { lines } = capture((logger) =>
      logger.warn({ endpointId: 'e-1', secretArn: 'arn:aws:ssm:x', code: 'store_denied', n: 3, when: new Date(0), none: null, big: 7n }, 'denied'),
    );
    expect(lines[0]).toMatchObject({
      level: 40,
      name: 'test',
      msg: 'denied',
      endpointId: 'e-1',
      secretArn: 'arn:aws:ssm:x',
      code: 'store_denied',
      n: 3,
      when: '1970-01-01T00:00:00.000Z',
      none: null,
      big: '7',
    });
  });

  it('describes an error with code, details and causes, without the fields a driver added', () => {
    const cause = Object.assign(new Error('duplicate key'), { code: '23505', detail: `Key (x)=(${CANARY})`, query: CANARY, $response: { body: CANARY } });
    const error = new RcmError('database_unavailable', 'The database did not answer.', { cause, details: { endpointId: 'e-1' } });
    const { text, lines } = capture((logger) => {
      logger.error(error);
      logger.error({ err: error, inner: { list: [cause] } }, 'as a field');
      logger.error(error, 'with words');
    });
    expect(text).not.toContain(CANARY);
    expect(lines[0]).toMatchObject({
      msg: 'The database did not answer.',
      err: { code: 'database_unavailable', details: { endpointId: 'e-1' }, cause: { code: '23505', message: 'duplicate key' } },
    });
    expect(lines[1]).toMatchObject({ msg: 'as a field', inner: { list: [{ code: '23505' }] } });
    expect(lines[2]).toMatchObject({ msg: 'with words', err: { code: 'database_unavailable' } });
  });

  it('does not repeat what a SyntaxError quotes, nor a many-line message in the stack', () => {
    const { text } = capture((logger) => {
      for (const input of [CANARY, `{"password":"${CANARY}"`]) {
        try {
          JSON.parse(input);
        } catch (error) {
          logger.error(error);
          logger.error({ err: new Error('outer', { cause: error }) });
          logger.error({ err: new AggregateError([error], 'several') });
        }
      }
      logger.error({ err: Object.assign(new SyntaxError(`a\n${CANARY}`), {}) });
    });
    expect(text).not.toContain(CANARY);
  });

  it('takes user name and password out of a URL in any text', () => {
    const { text, lines } = capture((logger) => {
      logger.info({ at: `postgres://bob:${CANARY}@db.internal:5432/rcm` }, `could not reach postgres://bob:${CANARY}@db/rcm`);
      logger.error(new Error(`connect postgresql://bob:${CANARY}@db/rcm failed`));
      logger.info({ link: new URL(`https://bob:${CANARY}@portal.example/x`) });
    });
    expect(text).not.toContain(CANARY);
    expect(lines[0]?.at).toBe('postgres://[redacted]@db.internal:5432/rcm');
  });

  it('survives cycles, bytes and long lists', () => {
    const cycle: Record<string, unknown> = { name: 'x' };
    cycle.self = cycle;
    const error = new Error('round');
    error.cause = error;
    const { text, lines } = capture((logger) => {
      logger.info({ cycle, bytes: Buffer.from(CANARY), list: Array.from({ length: 500 }, (_, n) => n) });
      logger.error(error);
      logger.info(new Map([['password', CANARY]]) as unknown as object);
    });
    expect(text).not.toContain(CANARY);
    expect(lines[0]).toMatchObject({ cycle: { self: '[circular]' }, bytes: `[${CANARY.length} bytes]` });
    expect((lines[0]?.list as unknown[]).length).toBe(201);
  });

  it('writes nothing below its level', () => {
    expect(capture((logger) => logger.info('quiet'), 'warn').lines).toEqual([]);
  });
});
