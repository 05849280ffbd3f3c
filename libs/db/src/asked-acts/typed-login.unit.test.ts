import { randomUUID } from 'node:crypto';
import { Secret } from '@rcm/telemetry';
import { expect, test } from 'vitest';
import { createOneTimeKey } from '../sealing/one-time-key.ts';
import { sealedForTyping, sealTypedLogin, TYPED_BYTES, typedLoginSchema, type TypingOf } from './typed-login.ts';

const of: TypingOf = { requestId: randomUUID(), orgId: 'north', endpointId: 'north-7', actor: 'person:os:jane' };
const key = createOneTimeKey(sealedForTyping(of));
const seal = (password: string, seed = '', to = of) => sealTypedLogin(key.publicKey, to, { password: new Secret(password), seed: new Secret(seed) });

test.each([
  ['hunter2', '', { password: 'hunter2' }],
  ['pässwörd " \\ 密', 'JBSWY3DPEHPK3PXP', { password: 'pässwörd " \\ 密', mfa_seed: 'JBSWY3DPEHPK3PXP' }],
  // The longest in bytes that is taken.
  ['\u0001'.repeat(1_000), 'A'.repeat(256), { password: '\u0001'.repeat(1_000), mfa_seed: 'A'.repeat(256) }],
])('what was typed is what is opened, and has one length whatever it is', (password, seed, typed) => {
  const sealed = seal(password, seed);
  expect(sealed).toHaveLength(TYPED_BYTES);
  expect(typedLoginSchema.parse(JSON.parse(key.open(sealed).reveal()))).toEqual(typed);
});

test.each<[string, string, string, RegExp]>([
  ['no password', '', '', /^A password has 1 to 1,000 characters\. Nothing was sent/],
  ['one that is too long', `canary-${'x'.repeat(1_000)}`, '', /^A password has 1 to 1,000 characters\. Nothing was sent/],
  ['a seed that is none', 'canary-password', 'canary-seed!', /^A seed of one-time codes is base32: at least 16 letters/],
  ['a seed that never ends', 'canary-password', `JBSWY3DPEHPK3PXP${'='.repeat(300)}`, /^A seed/],
  ['neither', '', 'canary-seed!', /^A password .* A seed/],
])('%s is sealed for nobody, and its refusal repeats nothing', (_, password, seed, words) => {
  const refused = expect.objectContaining({ code: 'input_invalid', message: expect.stringMatching(words) as string }) as Error;
  expect(() => seal(password, seed)).toThrow(refused);
  try {
    seal(password, seed);
  } catch (error) {
    expect(`${String(error)} ${JSON.stringify(error)}`).not.toContain('canary');
  }
});

test.each<[string, Partial<TypingOf>]>([
  ['request', { requestId: randomUUID() }],
  ['organization', { orgId: 'south' }],
  ['login', { endpointId: 'north-8' }],
  ['person', { actor: 'person:os:john' }],
])('it opens for no other %s', (_, other) => {
  expect(() => key.open(seal('hunter2', '', { ...of, ...other }))).toThrow(expect.objectContaining({ code: 'input_invalid' }));
});
