import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { codeIn, type SentCodes, sentCodesSchema } from './sent-codes.ts';

const WORDS: SentCodes = { from: ['+1 (555) 010-0100', '24680', 'ALPINE', 'codes@alpine.example'], pattern: 'Your Alpine code is {code}' };
const read = (text: string, from = '24680', pattern = WORDS.pattern) => codeIn({ ...WORDS, pattern }, { from, text });

describe('the code of a message', () => {
  it.each([
    ['Your Alpine code is 123456.', '123456'],
    ['ALPINE HEALTH\nyour   alpine\r\ncode is 123 456 - do not share', '123456'],
    ['Your Alpine code is 1234-5678', '12345678'],
    ['Your Alpine code is 1234 and is good for 10 minutes', '1234'],
    ['Your Alpine code is 1234 15 minutes', '1234'],
    ['Your Alpine code is 123456. Your Alpine code is 123456.', '123456'],
    ['Your Alpine code is 123456. Your Alpine code is 654321.', null],
    ['Your Alpine code is 123', null],
    ['Your Alpine code is 12345678901', null],
    ['Your Alpine code is ready: 123456', null],
    ['Your code is 123456', null],
    ['', null],
  ])('in %j is %j', (text, code) => {
    expect(read(text)).toBe(code);
  });

  it.each([
    ['+15550100100', true],
    ['1 555 010 0100', false],
    ['24680', true],
    ['alpine', true],
    ['Alpine Health <Codes@Alpine.example>', true],
    ['codes@alpine.example <codes@elsewhere.example>', false],
    ['codes@alpine.example.elsewhere.example', false],
    ['', false],
  ])('is taken from %j: %j', (from, taken) => {
    expect(read('Your Alpine code is 123456', from)).toBe(taken ? '123456' : null);
  });

  it('stands where the pattern says, whatever else its words mean elsewhere', () => {
    expect(read('Use 445566 (or call) to sign in.', '24680', 'use {code} (or call) to sign in.')).toBe('445566');
    expect(read('Use 445566 Xor callY to sign inZ', '24680', 'use {code} (or call) to sign in.')).toBeNull();
    expect(read('$& [a-z]* 445566', '24680', '$& [a-z]* {code}')).toBe('445566');
  });

  it('is found again in whatever text it was put, by whatever words', () => {
    const plain = fc
      .string({ unit: 'grapheme', minLength: 6, maxLength: 60 })
      .filter((text) => sentCodesSchema.safeParse({ from: ['24680'], pattern: `${text}{code}` }).success && !/\d/.test(text.normalize('NFKC')));
    fc.assert(
      fc.property(plain, fc.stringMatching(/^\d{6}$/), (words, code) => {
        const { pattern = '' } = sentCodesSchema.parse({ from: ['24680'], pattern: `${words}{code}` });
        expect(
          read(
            pattern.replace('{code}', () => code),
            '24680',
            pattern,
          ),
        ).toBe(code);
      }),
    );
  });

  it('is looked for in linear time, and in no message of more than some lines', () => {
    const hostile = 'your alpine code is '.repeat(990);
    for (let i = 0; i < 50; i += 1) expect(read(`${hostile}1`)).toBeNull();
    expect(read(`${'x'.repeat(20_000)}Your Alpine code is 123456`)).toBeNull();
  });
});

it.each([
  ['no place for a code', 'your code is here', 'must have {code} once'],
  ['two places', '{code} or your {code}', 'must have {code} once'],
  ['no words', '{code}', 'must have 6 characters'],
  ['blanks for words', '      {code}       .', 'must have 6 characters'],
  ['too much', `${'x'.repeat(200)}{code}`, 'must be at most 200 characters'],
])('a pattern with %s is refused', (_, pattern, problem) => {
  const { error } = sentCodesSchema.safeParse({ from: ['24680'], pattern });
  expect(error?.issues.map(({ message }) => message).join()).toContain(problem);
});

it.each([
  [{}, 'needs one of: pattern, valid'],
  [{ from: ['24680'] }, 'from: needs pattern'],
  [{ pattern: 'your code is {code}', valid: { hours: 8 } }, 'pattern: needs from'],
  [{ valid: {} }, 'valid: needs one of: hours, day'],
  [{ valid: { hours: 8, day: 'UTC' } }, 'valid: has hours and day, but needs exactly one of: hours, day'],
])('of %j there is said: %s', (codes, problem) => {
  const { error } = sentCodesSchema.safeParse(codes);
  expect(error?.issues.map(({ path, message }) => [...path, message].join(': ')).join()).toContain(problem);
});

it('a portal whose messages reach nobody here may say all the same how long its codes are good', () => {
  const codes = sentCodesSchema.parse({ valid: { day: 'America/New_York' } });
  expect(codeIn(codes, { from: '24680', text: 'Your Alpine code is 123456' })).toBeNull();
});
