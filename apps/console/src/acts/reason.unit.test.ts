import { hasCode } from '@rcm/telemetry';
import { HOSTILE_TEXTS, LONGEST_TEXT } from '@rcm/test-services';
import { expect, test } from 'vitest';
import { reasonIn } from './reason.ts';

/** Written down once more, apart from the code that refuses: what `rcm` refuses behind `--reason`. */
const isRefused = (text: string): boolean =>
  text.trim() === '' ||
  text.length > 1_000 ||
  !text.isWellFormed() ||
  [...text].some((c) => c < ' ' || (c >= '\u007f' && c < '\u00a0') || '\u2028\u2029\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069'.includes(c));

const TEXTS = [
  'a\nb',
  'a\r\nb',
  'a\tb',
  'a\n',
  '\u001b[2Ja',
  'a\u0085b',
  'a\u2028b',
  '\u202eab',
  'x'.repeat(1_000),
  'x'.repeat(1_001),
  ' the payer has called, ticket 4711 ',
  'Größe: 3 “x”',
];

test.each([...TEXTS, ...HOSTILE_TEXTS, LONGEST_TEXT])('of %j, a form takes what a terminal takes', (text) => {
  let taken: string | null = null;
  try {
    taken = reasonIn({ reason: text });
  } catch (error) {
    expect(hasCode(error, 'input_invalid')).toBe(true);
  }
  expect(taken).toBe(isRefused(text) ? null : text.trim());
});

test.each([undefined, ['a', 'b'], 4])('%j is no reason', (reason) => expect(() => reasonIn({ reason })).toThrow(/Say why/));
