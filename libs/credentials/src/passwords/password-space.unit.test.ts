import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { brokenRules } from './broken-rules.ts';
import { passwordGenerator } from './generate-password.ts';
import { parsePasswordRules } from './password-rules.ts';
import { PasswordSpace } from './password-space.ts';
import { seeded } from './seeded.fixture.ts';
import { type RandomBytes, uniformBelow } from './uniform.ts';

describe('the space of passwords', () => {
  /** All strings over an alphabet, judged one by one: what the counting must agree with. */
  const byHand = (text: string, alphabet: string, length: number): string[] => {
    let all = [''];
    for (let i = 0; i < length; i += 1) all = all.flatMap((head) => [...alphabet].map((c) => head + c));
    const rules = parsePasswordRules(`${text}; minlength: ${length}; maxlength: ${length}`);
    return all.filter((password) => brokenRules(rules, password).length === 0);
  };

  it.each([
    ['allowed: [abcd]', 'abcd'],
    ['allowed: [abcd]; required: [a]', 'abcd'],
    ['allowed: [abcd]; required: [ab]; required: [bc]', 'abcd'],
    ['allowed: [abcd]; max-consecutive: 1', 'abcd'],
    ['allowed: [abcd]; max-consecutive: 2; required: [a]; required: [d]', 'abcd'],
    ['allowed: [ab12]; max-consecutive: 2; required: [12]; start: letter', 'ab12'],
    ['allowed: [ab12]; at-least: 2 [12]; at-least: 1 [a]', 'ab12'],
    ['allowed: [ab12]; at-least: 3 [1]; max-consecutive: 2', 'ab12'],
    ['allowed: [ab12]; at-least: 2 [a1]; at-least: 2 [ab]; max-consecutive: 2; start: letter', 'ab12'],
  ])('is counted exactly and drawn evenly: %s', (text, alphabet) => {
    const length = 4;
    const expected = byHand(text, alphabet, length);
    const space = new PasswordSpace(parsePasswordRules(text), length);
    expect(space.size).toBe(BigInt(expected.length));

    const random = seeded(20_260_101);
    const draws = expected.length * 200;
    const seen = new Map<string, number>();
    for (let i = 0; i < draws; i += 1) {
      const password = space.draw(random);
      seen.set(password, (seen.get(password) ?? 0) + 1);
    }
    expect([...seen.keys()].sort()).toEqual(expected.sort());
    // Chi-squared is about its degrees of freedom, give or take their root; five of these is one false alarm in a million.
    const chiSquared = [...seen.values()].reduce((sum, count) => sum + (count - 200) ** 2 / 200, 0);
    const freedom = expected.length - 1;
    expect(Math.abs(chiSquared - freedom)).toBeLessThan(5 * Math.sqrt(2 * freedom));
  });

  it('is counted exactly for any small rules', () => {
    const small = fc.constantFrom('[a]', '[b]', '[ab]', '[1]', '[a1]', '[b12]', '[2]');
    const rules = fc.record({
      required: fc.array(small, { maxLength: 3 }),
      counted: fc.array(fc.tuple(fc.integer({ min: 1, max: 3 }), small), { maxLength: 2 }),
      run: fc.option(fc.integer({ min: 1, max: 5 })),
      start: fc.option(small),
      length: fc.integer({ min: 1, max: 5 }),
    });
    fc.assert(
      fc.property(rules, ({ required, counted, run, start, length }) => {
        const text = [
          'allowed: [ab12]',
          ...required.map((set) => `required: ${set}`),
          ...counted.map(([many, set]) => `at-least: ${many} ${set}`),
          ...(run === null ? [] : [`max-consecutive: ${run}`]),
          ...(start === null ? [] : [`start: ${start}`]),
        ].join('; ');
        expect(new PasswordSpace(parsePasswordRules(text), length).size).toBe(BigInt(byHand(text, 'ab12', length).length));
      }),
      { numRuns: 200 },
    );
  });
});

describe('the space of large rules', () => {
  /** Eight sets that overlap in every way: each of the 94 characters is in the sets that the bits of its place in the alphabet name. */
  const overlapping = Array.from({ length: 8 }, (_, bit) => {
    const listed = Array.from({ length: 94 }, (__, place) => (((place * 37) % 255) & (1 << bit) ? String.fromCharCode(33 + place) : ''));
    const characters = listed.filter((c) => c !== '' && c !== '-' && c !== ']');
    return `required: [${characters.join('')}]`;
  });

  it.each([
    ['four classes', ['upper', 'lower', 'digit', 'special'].map((name) => `required: ${name}`)],
    ['eight sets of one', [...'abcdefgh'].map((c) => `required: [${c}]`)],
    ['eight sets that overlap in every way', overlapping],
  ])('is counted in seconds with %s, 128 characters and long runs', { timeout: 120_000 }, (_what, required) => {
    const text = ['minlength: 128; max-consecutive: 100; allowed: ascii-printable', ...required].join('; ');
    const rules = parsePasswordRules(text);
    const generator = passwordGenerator(rules);
    for (let i = 0; i < 20; i += 1) expect(brokenRules(rules, generator.draw().reveal())).toEqual([]);
  });
});

describe('a uniform number', () => {
  it('drops what is too large instead of folding it back', () => {
    const bytes = [7, 6, 5, 4];
    const random: RandomBytes = () => Uint8Array.of(bytes.shift() ?? 0);
    expect(uniformBelow(5n, random)).toBe(4n);
    expect(bytes).toEqual([]);
  });

  it('is 0 below 1, and spans several bytes', () => {
    expect(uniformBelow(1n, () => Uint8Array.of(255))).toBe(0n);
    expect(uniformBelow(2n ** 20n, () => Uint8Array.of(255, 1, 2))).toBe(0xf0102n);
  });
});
