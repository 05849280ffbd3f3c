import { createCipheriv, createPublicKey, diffieHellman, generateKeyPairSync, hkdfSync, randomUUID } from 'node:crypto';
import { Secret } from '@rcm/telemetry';
import { expect, test } from 'vitest';
import { createOneTimeKey, SEALING_ADDS, type SealedFor, sealOnce } from './one-time-key.ts';

const about: SealedFor = { use: `test ${randomUUID()}`, bound: ['north', 'north-7', 'person:os:jane'] };
const key = createOneTimeKey(about);
const seal = (text: string, of = key, sealedFor = about) => sealOnce(of.publicKey, sealedFor, new Secret(text));

test.each(['', 'pässwörd', 'x'.repeat(9_000)])('what was sealed is opened', (text) => {
  expect(key.publicKey).toHaveLength(44);
  const sealed = seal(text);
  expect(sealed).toHaveLength(Buffer.byteLength(text) + SEALING_ADDS);
  expect(key.open(sealed).reveal()).toBe(text);
});

test('the same text looks like another one each time, and is nowhere in what is kept', () => {
  const [once, again] = [Buffer.from(seal('31337-password')), Buffer.from(seal('31337-password'))];
  expect(once.equals(again)).toBe(false);
  expect(once.includes('31337')).toBe(false);
});

test('it opens with no other key, for no other use, not where a bound word is another one, and not where a byte was changed, or is missing', () => {
  const at = (place: number) => seal('text').map((byte, index) => (index === place ? byte ^ 1 : byte));
  const others: readonly SealedFor[] = [
    { ...about, use: `test ${randomUUID()}` },
    { use: about.use },
    { ...about, bound: ['north', 'north-7', 'person:os:john'] },
    { ...about, bound: ['north', 'north-8', 'person:os:jane'] },
    { ...about, bound: ['south', 'north-7', 'person:os:jane'] },
    // Where one word ends and the next begins is bound, too.
    { ...about, bound: ['north', 'north-7,person:os:jane'] },
  ];
  const refused: (() => unknown)[] = [
    () => createOneTimeKey(about).open(seal('text')),
    ...others.map((sealedFor) => () => key.open(seal('text', key, sealedFor))),
    ...[20, 50, 61].map((place) => () => key.open(at(place))),
    ...[0, 44, 60, 62].map((length) => () => key.open(seal('text').subarray(0, length))),
  ];
  for (const open of refused) expect(open).toThrow(expect.objectContaining({ code: 'input_invalid' }));
});

test.each([0, 44, 91])('for %i bytes that are no key nothing is sealed', (length) => {
  expect(() => sealOnce(new Uint8Array(length), about, new Secret('canary'))).toThrow(expect.objectContaining({ code: 'input_invalid' }));
});

test('what a process of before has sealed for a password to be read, with nothing bound, is opened', () => {
  const id = randomUUID();
  const reading = createOneTimeKey({ use: `break-glass ${id}` });
  // Written down as it was.
  const pair = generateKeyPairSync('x25519');
  const from = pair.publicKey.export({ type: 'spki', format: 'der' });
  const to = Buffer.from(reading.publicKey);
  const shared = diffieHellman({ privateKey: pair.privateKey, publicKey: createPublicKey({ key: to, type: 'spki', format: 'der' }) });
  const cipher = createCipheriv(
    'aes-256-gcm',
    Buffer.from(hkdfSync('sha256', shared, Buffer.concat([from, to]), `rcm break-glass ${id}`, 32)),
    Buffer.alloc(12),
    { authTagLength: 16 },
  );
  const text = Buffer.concat([cipher.update('shown', 'utf8'), cipher.final()]);
  expect(reading.open(Buffer.concat([from, cipher.getAuthTag(), text])).reveal()).toBe('shown');
});
