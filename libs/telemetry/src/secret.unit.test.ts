import { format, inspect } from 'node:util';
import { serialize } from 'node:v8';
import { MessageChannel, receiveMessageOnPort } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import { createLogger } from './logger.ts';
import { RcmError } from './error.ts';
import { Secret } from './secret.ts';

const VALUE = 'canary-Pä55-🔑';
const secret = new Secret(VALUE);
const nested = { a: { b: [secret] }, m: new Map([['k', secret]]) };

const logged = (value: unknown): string => {
  const lines: string[] = [];
  const logger = createLogger({ name: 'test', destination: { write: (line) => void lines.push(line) } });
  logger.info({ shown: value }, 'text %s %j %o', secret, secret, { deep: secret });
  logger.child({ bound: value }).info(secret, 'as the first argument');
  return lines.join('');
};

const FORMS: Record<string, () => string> = {
  'a template': () => `${secret}`,
  concatenation: () => 'x' + String(secret),
  'String()': () => String(secret),
  JSON: () => JSON.stringify({ secret, nested }),
  inspect: () => inspect(nested, { depth: 9, showHidden: true }),
  'inspect without custom formatting': () => inspect(secret, { customInspect: false, showHidden: true, getters: true }),
  'format strings': () => format('%s %d %i %f %j %o %O', secret, secret, secret, secret, secret, secret, secret) + format(secret),
  'structured clone': () => inspect(structuredClone(secret), { customInspect: false, showHidden: true }),
  'a message to another thread': () => {
    const { port1, port2 } = new MessageChannel();
    port1.postMessage({ secret, nested });
    const received = inspect(receiveMessageOnPort(port2), { customInspect: false, showHidden: true, depth: 9 });
    port1.close();
    return received;
  },
  'serialized bytes': () => serialize(nested).toString('latin1') + serialize(secret).toString('utf8'),
  spread: () => JSON.stringify({ ...secret }),
  'entries and names': () => JSON.stringify([Object.entries(secret), Object.getOwnPropertyNames(secret), Reflect.ownKeys(secret).map(String)]),
  'an error message': () => new Error(`failed with ${secret}`).stack ?? '',
  'an error cause': () => inspect(new Error('x', { cause: secret })),
  pino: () => logged(nested) + logged(secret),
  'an array join': () => [secret].join(),
  'a thrown comparison': () => inspect([secret].sort()),
};

describe('Secret', () => {
  it.each(Object.entries(FORMS))('does not show its value in %s', (_, form) => {
    expect(form()).not.toContain('canary');
  });

  it('shows the mask where a person would look', () => {
    expect([`${secret}`, JSON.stringify(secret), inspect(secret)]).toEqual(['[secret]', '"[secret]"', '[secret]']);
    expect(logged(secret)).toContain('[secret]');
  });

  it('gives the value to reveal alone, and a mapped one stays a secret', () => {
    expect(secret.reveal()).toBe(VALUE);
    const mapped = secret.map((text) => text.length);
    expect(mapped).toBeInstanceOf(Secret);
    expect(mapped.reveal()).toBe(VALUE.length);
  });

  it('does not let a failing conversion quote the value', () => {
    const failure = (() => {
      try {
        return new Secret(VALUE).map((text) => JSON.parse(text) as unknown);
      } catch (error) {
        return error;
      }
    })();
    expect(failure).toMatchObject({ code: 'input_invalid' });
    expect(inspect(failure, { depth: 9, showHidden: true })).not.toContain('canary');
  });

  it('passes an RcmError of a conversion on', () => {
    const failure = new RcmError('payload_invalid', 'The payload is not an object.');
    expect(() =>
      secret.map(() => {
        throw failure;
      }),
    ).toThrow(failure);
  });
});
