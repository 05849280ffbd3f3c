import { isLongForm } from '@rcm/test-services';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SEARCH_PARTS, secretSearch } from './search-parts.ts';
import { secretForms } from './secret-forms.ts';
import { coveredByOracle } from './slow-oracle.fixture.ts';

const RUNS = isLongForm() ? 3_000 : 1_000;

/** Letters that escapes and separators are made of, so that texts have many readings. */
const TRICKY = [...`ab1254%&#\\ux{};- +/="'<`, 'A', 'é', 'ß', '😀', '\u200b', '\u00ad', '\u00a0', '0', '3', 'c', '\n'];
const letter = fc.constantFrom(...TRICKY);
const tricky = (maxLength: number) => fc.array(letter, { maxLength }).map((letters) => letters.join(''));
const secrets = tricky(9).filter((secret) => secret.trim() === secret && secret !== '');

const hex = (code: number, digits: number): string => code.toString(16).padStart(digits, '0');
const inUnits = (one: string): string => Array.from({ length: one.length }, (_, unit) => `\\u${hex(one.charCodeAt(unit), 4)}`).join('');
const WAYS: readonly ((one: string) => string)[] = [
  (one) => one,
  (one) => `&#${one.codePointAt(0)};`,
  (one) => `&#x00${hex(one.codePointAt(0) ?? 0, 2).toUpperCase()};`,
  inUnits,
  (one) => `\\u{${hex(one.codePointAt(0) ?? 0, 1)}}`,
  (one) => [...Buffer.from(one)].map((byte) => `%${hex(byte, 2)}`).join(''),
  (one) => [...Buffer.from(one)].map((byte) => `%2525${hex(byte, 2)}`).join(''),
  (one) => (one.length > 1 ? one : `%u${hex(one.charCodeAt(0), 4)}`),
  (one) => (one === 'é' ? '%25E9' : one),
  (one) => `\\${one}`,
  (one) => `\\\\\\${one}`,
  (one) => one.toUpperCase(),
];
const GAPS = ['', '', '', ' ', '-', '\n  ', '\u200b'];

/** A secret and a text that may hold it: each letter in a way of its own, with something between, inside a base64 text, or not at all. */
const cases = secrets.chain((secret) => {
  const written = fc
    .array(fc.tuple(fc.nat(WAYS.length - 1), fc.constantFrom(...GAPS)), { minLength: secret.length, maxLength: secret.length })
    .map((ways) => [...secret].map((one, index) => `${WAYS[ways[index]?.[0] ?? 0]?.(one) ?? ''}${ways[index]?.[1] ?? ''}`).join(''));
  const encoded = fc
    .tuple(tricky(4), tricky(4), fc.constantFrom('base64' as const, 'base64url' as const, 'hex' as const))
    .map(([before, after, how]) => Buffer.from(before + secret + after).toString(how));
  const text = fc.oneof({ weight: 5, arbitrary: written }, encoded, tricky(20));
  return fc.tuple(tricky(5), text, tricky(5)).map((parts) => ({ secret, text: parts.join('') }));
});

function coveredBySearch(secret: string, text: string): boolean[] {
  const covered = Array.from({ length: text.length }, () => false);
  for (const [from, to] of secretSearch(SEARCH_PARTS, secretForms(secret), () => undefined).ranges(text)) covered.fill(true, from, to);
  return covered;
}

describe('SecretSearch', { timeout: 120_000 }, () => {
  it('covers every character that a slow search by trying everything finds', () => {
    let held = 0;
    fc.assert(
      fc.property(cases, ({ secret, text }) => {
        const wanted = coveredByOracle(secret, text);
        const covered = coveredBySearch(secret, text);
        if (wanted.includes(true)) held += 1;
        expect({ secret, text, missed: wanted.flatMap((is, at) => (is && !covered[at] ? [at] : [])) }).toEqual({ secret, text, missed: [] });
      }),
      { numRuns: RUNS },
    );
    // Else the property would hold of a search that finds nothing.
    expect(held).toBeGreaterThan(RUNS / 3);
  });

  it.each([
    ['a plus sign for each blank, as forms are sent', 'correct horse battery', 'correct+horse+battery'],
    ['the same of a secret so short that it must stand alone', 'a b', 'a+b'],
    ['its blank, where it must stand alone', 'a b', 'a b'],
    ['base64 for addresses, with the second sign for a plus', 'c\u20acurs-42', 'Y-KCrHVycy00Mg'],
    ['base64 for addresses, with the second sign for a slash', 'c\u{1f600}urs-42', 'Y_CfmIB1cnMtNDI'],
  ])('covers %s', (_how, secret, written) => {
    const text = `pass=${written}&then=more`;
    expect([...text].filter((_, at) => !coveredBySearch(secret, text)[at]).join('')).toBe('pass=&then=more');
  });

  it('covers nothing else of texts without escapes and separators', () => {
    const plain = (maxLength: number) => fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength });
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('a', 'b'), minLength: 4, maxLength: 7 }), plain(40), (secret, text) => {
        const covered = Array.from({ length: text.length }, () => false);
        for (let at = text.indexOf(secret); at >= 0; at = text.indexOf(secret, at + 1)) covered.fill(true, at, at + secret.length);
        expect({ secret, text, covered: coveredBySearch(secret, text) }).toEqual({ secret, text, covered });
      }),
      { numRuns: 1_000 },
    );
  });

  it('does for each character a number of steps that neither the length of the text nor that of the secret makes larger', () => {
    const STEPS = 300;
    const unit = tricky(6).filter((text) => text !== '');
    const long = fc.tuple(secrets, fc.nat(200)).map(([secret, times]) => secret.repeat(times + 1));
    fc.assert(
      fc.property(long, fc.oneof(unit, secrets), fc.constantFrom('isIn', 'count', 'ranges'), (secret, repeated, how) => {
        const steps = [1_000, 4_000, 16_000].map((length) => {
          let done = 0;
          const visited = (more: number): void => void (done += more);
          const search = secretSearch(SEARCH_PARTS, secretForms(secret), visited);
          search[how](repeated.repeat(Math.ceil(length / repeated.length)).slice(0, length));
          return { length, done };
        });
        for (const { length, done } of steps) expect(done).toBeLessThan(STEPS * length);
      }),
      { numRuns: RUNS / 20 },
    );
  });

  it('covers the whole of a secret that is too long to be sought as a whole', () => {
    const secret = Array.from({ length: 400 }, (_, index) => hex((index * 7919) % 4096, 3)).join('-');
    const text = `before: ${encodeURIComponent(secret)} | "${secret}" end`;
    const covered = coveredBySearch(secret, text);
    const kept = [...text].filter((_, at) => !covered[at]).join('');
    expect(kept).toBe('before: | "" end');
  });
});
