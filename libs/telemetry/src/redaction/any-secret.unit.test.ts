import { inspect } from 'node:util';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { maskText } from './text.ts';

const SIGNS = [...'!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~aQ7'];
const [FIRST, LAST] = ['ZqHead', 'XkTail'];
/** Signs that somebody takes for the end of a value or of an address, between two halves that must both stay away. */
const secrets = fc.array(fc.constantFrom(...SIGNS), { maxLength: 4 }).map((signs) => `${FIRST}${signs.join('')}${LAST}`);

const encoded = (text: string): string => encodeURIComponent(text).replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16)}`);
const json = (value: unknown): string => JSON.stringify(value);

/** Wherever its end is to be known. */
const PLACES: Readonly<Record<string, (secret: string) => string>> = {
  'before a host': (secret) => `cannot reach postgres://bob:${encoded(secret)}@db.internal:5432/rcm today`,
  'before a host, not encoded': (secret) => `cannot reach "postgres://bob:${secret}@db.internal:5432/rcm", today`,
  'before a host, in JSON': (secret) => `sent ${json({ url: `postgres://bob:${secret}@db.internal:5432/rcm`, tries: 3 })} today`,
  'before a host, in JSON in JSON': (secret) => json({ text: json({ url: `postgres://bob:${secret}@db.internal:5432/rcm` }) }),
  'in an address that is encoded': (secret) => `went to ${encoded(`https://bob:${encoded(secret)}@host/x?a=1`)} today`,
  'in an address within another': (secret) => `went to https://x.example/?to=${encoded(`https://bob:${encoded(secret)}@host/`)} today`,
  'in a query': (secret) => `GET https://host/x?a=1&any=${encoded(secret)}&b=2 404`,
  'in a query without a host': (secret) => `GET /x?a=1&any=${encoded(secret)}&b=2 404`,
  'in a fragment': (secret) => `GET https://host/#${encoded(secret)} 404`,
  'in a form': (secret) => `sent a=1&password=${encoded(secret)}&b=2 today`,
  'in JSON': (secret) => `sent ${json({ a: 1, password: secret, b: 'x' })} today`,
  'in JSON in JSON in JSON': (secret) => `sent ${json({ a: json({ b: json({ a: 1, password: secret, b: 'x' }) }) })} today`,
  'in a list of JSON': (secret) => `sent ${json({ passwords: ['x', secret], b: 'x' })} today`,
  'in a record of JSON': (secret) => `sent ${json({ password: { now: secret }, b: 'x' })} today`,
  'in JSON of several lines': (secret) => `sent ${JSON.stringify({ a: 1, password: secret, b: 'x' }, null, 2)} today`,
  'in JSON that is encoded': (secret) => `state=${encoded(json({ password: secret }))} today`,
  'as Node shows an object': (secret) => `sent ${inspect({ a: 1, password: secret, b: 'x' })} today`,
  'in SQL': (secret) => `ALTER ROLE a PASSWORD = '${secret.replaceAll("'", "''")}' VALID UNTIL 'infinity'`,
  'in XML': (secret) => `<a><password>${secret.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')}</password></a>`,
};

test.each(Object.keys(PLACES))('no half of a secret is shown %s, whatever signs it holds', (place) => {
  fc.assert(
    fc.property(secrets, (secret) => {
      const masked = maskText(PLACES[place]?.(secret) ?? '');
      expect(masked).not.toContain(FIRST);
      expect(masked).not.toContain(LAST);
      expect(maskText(masked)).toBe(masked);
    }),
    { numRuns: 1_000 },
  );
});
