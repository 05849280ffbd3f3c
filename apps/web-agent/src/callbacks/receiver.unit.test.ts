import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readConfig } from '@rcm/telemetry';
import { z } from 'zod';
import { callbackEnvironment } from './environment.ts';
import { Receivers } from './receiver.ts';

const KEY = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
const schema = z.object(callbackEnvironment);
const read = (callbacks: unknown) =>
  readConfig(schema, { RCM_TASK_CALLBACKS: typeof callbacks === 'string' ? callbacks : JSON.stringify(callbacks) }).RCM_TASK_CALLBACKS ?? new Receivers();
const refusal = (callbacks: unknown): string => {
  try {
    read(callbacks);
  } catch (error) {
    return String(error);
  }
  return '';
};
const one = (rest: object) => ({ mercy: { claims: { url: 'https://hooks.mercy.example/rcm', keys: [KEY], ...rest } } });

test('a name is looked up for the organization that asks: another’s, and what every object has, is none', () => {
  const receivers = read({ ...one({}), other: { theirs: { url: 'https://hooks.other.example/', keys: [KEY, KEY] } } });
  expect(receivers.of('mercy', 'claims')).toMatchObject({ address: 'public', ca: undefined });
  expect(receivers.of('mercy', 'claims')?.url.reveal().href).toBe('https://hooks.mercy.example/rcm');
  for (const [org, name] of [
    ['mercy', 'theirs'],
    ['other', 'claims'],
    ['constructor', 'name'],
    ['mercy', 'constructor'],
    ['nobody', 'claims'],
  ] as const)
    expect(receivers.of(org, name)).toBeNull();
});

test('unset, nothing may be named', () => {
  const { RCM_TASK_CALLBACKS: receivers } = readConfig(schema, {});
  expect(receivers).toBeUndefined();
  expect([new Receivers().isEmpty, new Receivers().of('mercy', 'claims')]).toEqual([true, null]);
});

test.each<[string, unknown, RegExp]>([
  ['no JSON', '{"canary', /the file: must be an object of organizations/],
  ['a list', [], /the file: must be an object/],
  ['what is no id', { 'Not An Id': {} }, /is no id/],
  ['plain HTTP', one({ url: 'http://hooks.mercy.example/canary' }), /mercy → claims → url: must be https/],
  ['a password in it', one({ url: 'https://user:canary@hooks.mercy.example/' }), /mercy → claims → url: must be https, without/],
  ['no address', one({ url: 'canary' }), /mercy → claims → url: must be https/],
  ['this machine', one({ url: 'https://127.0.0.1/canary' }), /names an address that does not lie/],
  ['this machine, as a number', one({ url: 'https://2130706433/canary' }), /names an address that does not lie/],
  ['this machine, in IPv6', one({ url: 'https://[::ffff:7f00:1]/canary' }), /names an address that does not lie/],
  ['the metadata', one({ url: 'https://169.254.169.254/canary', address: 'private' }), /names an address that does not lie/],
  ['no key', one({ keys: [] }), /mercy → claims → keys: must have a key/],
  ['a short key', one({ keys: ['whsec_canary'] }), /mercy → claims → keys → 0: must be whsec_/],
  ['three keys', one({ keys: [KEY, KEY, KEY] }), /keys: may have two/],
  ['a certificate that is none', one({ ca: 'canary' }), /ca: must be a certificate/],
  ['what is no member', one({ canary: 1 }), /mercy → claims: must be an object of/],
])('refuses %s, by its place and without its value', (_what, callbacks, words) => {
  expect(refusal(callbacks)).toMatch(words);
  expect(refusal(callbacks)).not.toContain('canary');
});

test('is never shown: not the address, not a key', () => {
  const receivers = read(one({ url: 'https://hooks.mercy.example/canary' }));
  expect(JSON.stringify(receivers.of('mercy', 'claims'))).not.toMatch(/canary|hooks|whsec/);
});

test('whatever the file holds, it is read or refused with words', () => {
  fc.assert(
    fc.property(fc.json(), (text) => {
      expect(refusal(text)).toMatch(/^$|RCM_TASK_CALLBACKS: /);
    }),
  );
});
