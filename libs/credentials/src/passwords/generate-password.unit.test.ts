import { RcmError } from '@rcm/telemetry';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { brokenRules, containsName } from './broken-rules.ts';
import { generatePassword, passwordGenerator } from './generate-password.ts';
import { parsePasswordRules } from './password-rules.ts';
import { seeded } from './seeded.fixture.ts';

const refusal = (text: string, options = {}): string => {
  try {
    return generatePassword(parsePasswordRules(text), options).reveal();
  } catch (error) {
    return error instanceof RcmError && error.code === 'input_invalid' ? error.message : String(error);
  }
};

const set = fc.constantFrom('upper', 'lower', 'digit', 'special', 'ascii-printable', 'unicode', 'letter', '[-_]', '[abc]', '[]]', '[x]');
const rulesText = fc
  .record({
    min: fc.integer({ min: 6, max: 16 }),
    extra: fc.integer({ min: 0, max: 12 }),
    required: fc.array(set, { maxLength: 5 }),
    allowed: fc.array(set, { maxLength: 2 }),
    run: fc.option(fc.integer({ min: 1, max: 3 })),
  })
  .map(({ min, extra, required, allowed, run }) =>
    [
      `minlength: ${min}; maxlength: ${min + extra}; not-username`,
      ...required.map((name) => `required: ${name}`),
      `allowed: ${['lower', 'digit', ...allowed].join(', ')}`,
      ...(run ? [`max-consecutive: ${run}`] : []),
    ].join('; '),
  );

describe('a generated password', () => {
  it('satisfies every rule it was made for', () => {
    fc.assert(
      fc.property(rulesText, (text) => {
        const rules = parsePasswordRules(text);
        expect(brokenRules(rules, generatePassword(rules).reveal())).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });

  it('never holds the user name, in any case, even where almost all would', () => {
    const rules = parsePasswordRules('minlength: 5; maxlength: 5; allowed: [abAB]');
    fc.assert(
      fc.property(fc.constantFrom('a', 'AB', 'bA', 'aab', 'abba@example.org'), (username) => {
        const password = generatePassword(rules, { username }).reveal();
        expect(password.toLowerCase()).not.toContain(username.toLowerCase());
        expect(containsName(password, username)).toBe(false);
      }),
      { numRuns: 200 },
    );
  });

  it('is not one of the earlier ones', () => {
    const rules = parsePasswordRules('maxlength: 1; allowed: [abc]');
    for (let i = 0; i < 30; i += 1) expect(generatePassword(rules, { previous: ['a', 'c'] }).reveal()).toBe('b');
  });

  it('has 20 characters unless the rules or the caller want otherwise', () => {
    expect(generatePassword(parsePasswordRules('')).reveal()).toHaveLength(20);
    expect(generatePassword(parsePasswordRules('minlength: 32')).reveal()).toHaveLength(32);
    expect(generatePassword(parsePasswordRules('maxlength: 12')).reveal()).toHaveLength(12);
    expect(generatePassword(parsePasswordRules('maxlength: 12'), { length: 10 }).reveal()).toHaveLength(10);
  });

  it('needs no luck for narrow rules', () => {
    const password = generatePassword(
      parsePasswordRules('maxlength: 8; allowed: ascii-printable; ' + [...'abcdefgh'].map((c) => `required: [${c}]`).join('; ')),
    ).reveal();
    expect([...password].sort().join('')).toBe('abcdefgh');
    expect(generatePassword(parsePasswordRules('minlength: 40; allowed: [ab]; max-consecutive: 1')).reveal()).toMatch(/^(ab){20}$|^(ba){20}$/);
  });

  it.each([
    ['maxlength: 2; required: upper; required: lower; required: digit', 'cannot satisfy 3 required rules'],
    ['minlength: 4; maxlength: 4; allowed: [a]; max-consecutive: 2', 'max-consecutive'],
    ['allowed: digit; start: letter', 'must start'],
    ['maxlength: 2; required: digit; required: digit, upper; start: lower; required: special', 'must start'],
  ])('is refused for %j with the reason', (text, why) => {
    expect(refusal(text)).toContain(why);
  });

  it('is refused where every candidate holds the user name or was used', () => {
    expect(refusal('allowed: [a]', { username: 'a' })).toContain('hold the user name');
    expect(refusal('maxlength: 1; allowed: [ab]', { previous: ['a', 'b'] })).toContain('used before');
  });
});

describe('a password that takes the place of another', () => {
  it.each(['differs: 6', 'reuse: 25%', 'differs: 3; reuse: 60', 'reuse: 0'])('differs from it as much as the rules say: %s', (rule) => {
    const rules = parsePasswordRules(`minlength: 8; maxlength: 16; required: upper; required: digit; ${rule}`);
    let current = generatePassword(rules).reveal();
    for (let i = 0; i < 20; i += 1) {
      const next = generatePassword(rules, { current, previous: [current] }).reveal();
      expect(brokenRules(rules, next, undefined, current)).toEqual([]);
      const reused = [...next].filter((c) => current.includes(c)).length;
      const { differs, share } = { 'differs: 6': { differs: 6, share: 1 }, 'reuse: 25%': { differs: 0, share: 0.25 }, 'reuse: 0': { differs: 0, share: 0 } }[
        rule
      ] ?? {
        differs: 3,
        share: 0.6,
      };
      expect(next.length - reused).toBeGreaterThanOrEqual(differs);
      expect(reused).toBeLessThanOrEqual(share * 16);
      current = next;
    }
  });

  it('is drawn evenly from all that differ enough', () => {
    const rules = parsePasswordRules('minlength: 2; maxlength: 2; allowed: [abcd]; differs: 1');
    const seen = new Map<string, number>();
    const generator = passwordGenerator(rules, { random: seeded(7) });
    for (let i = 0; i < 2_400; i += 1) {
      const drawn = generator.draw({ current: 'ab' }).reveal();
      seen.set(drawn, (seen.get(drawn) ?? 0) + 1);
    }
    // All of 16 but aa, ab, ba, bb.
    expect([...seen.keys()].sort()).toEqual(['ac', 'ad', 'bc', 'bd', 'ca', 'cb', 'cc', 'cd', 'da', 'db', 'dc', 'dd']);
    for (const count of seen.values()) expect(count).toBeGreaterThan(140);
  });

  it('is refused where none differs enough, and says so', () => {
    expect(refusal('allowed: [ab]; minlength: 3; maxlength: 3; differs: 1', { current: 'aab' })).toContain('differs enough from the current one');
  });
});

describe('refused words and sequences', () => {
  it.each([
    ['not-words: password, Summer', ['xPassWord1', 'ab1sUMMER'], ['passwor', 'sum-mer']],
    ['max-sequence: 2', ['xabc9', '9CBA9', '1234', 'x987', 'aBc'], ['abd', '124', 'a1b2', 'ab12', 'acb', 'zab', '90', 'abab']],
  ])('%s', (text, refused, taken) => {
    const rules = parsePasswordRules(`allowed: unicode; ${text}`);
    for (const password of refused) expect(brokenRules(rules, password), password).toHaveLength(1);
    for (const password of taken) expect(brokenRules(rules, password), password).toEqual([]);
  });

  it('are in none that is generated, even where many would hold them', () => {
    const rules = parsePasswordRules('minlength: 8; maxlength: 8; allowed: [abc123]; max-sequence: 2; not-words: aaa, 111');
    for (let i = 0; i < 300; i += 1) expect(generatePassword(rules).reveal()).not.toMatch(/abc|cba|123|321|aaa|111/);
  });

  it('are refused as rules where nothing else is left', () => {
    expect(refusal('minlength: 3; maxlength: 3; allowed: [a]; not-words: aaa')).toContain('hold the user name or what is refused');
  });
});
