import { RcmError } from '@rcm/telemetry';
import { describe, expect, it } from 'vitest';
import { brokenRules } from './broken-rules.ts';
import { parsePasswordRules } from './password-rules.ts';

const drawnFrom = (text: string): string => [...parsePasswordRules(text).allowed.drawn].sort().join('');
const refusal = (text: string): string => {
  try {
    parsePasswordRules(text);
    return 'accepted';
  } catch (error) {
    return error instanceof RcmError && error.code === 'input_invalid' ? error.message : String(error);
  }
};

describe('password rules', () => {
  it('reads the syntax of Apple’s documentation', () => {
    const rules = parsePasswordRules('required: upper; required: lower; required: digit; max-consecutive: 2; minlength: 20;');
    expect(rules).toMatchObject({ minLength: 20, maxLength: 128, maxConsecutive: 2, notUsername: false, start: null, history: 0, minAgeHours: 0 });
    expect(rules.required.map(({ name }) => name)).toEqual(['upper', 'lower', 'digit']);
  });

  it('reads our own rules beside them', () => {
    expect(parsePasswordRules('not-username; start: letter; history: 5; min-age-hours: 24')).toMatchObject({
      notUsername: true,
      history: 5,
      minAgeHours: 24,
      start: { name: 'letter' },
    });
  });

  it('does not care about case, spaces and empty rules', () => {
    expect(parsePasswordRules('  MinLength : 8 ;; MAXLENGTH:12;Required:UPPER ,[ab] ; ')).toMatchObject({ minLength: 8, maxLength: 12 });
  });

  it.each([
    ['', 'everything printable but what pages rewrite', 86],
    ['allowed: digit', 'what is allowed', 10],
    ['required: digit', 'what is required, where nothing is allowed besides', 10],
    ['required: digits', 'the same, by the other name that Apple gives it', 10],
    ['allowed: lower; required: digit', 'what is allowed and what is required', 36],
    ['allowed: lower; allowed: [.]', 'everything allowed in several rules', 27],
    ['allowed: unicode', 'the same of what is unicode', 86],
  ])('%s: draws from %s', (text, _what, count) => {
    expect(drawnFrom(text)).toHaveLength(count);
  });

  it.each([
    ['allowed: [abc]', 'abc'],
    ['allowed: [-abc]', '-abc'],
    ['allowed: [abc]]', ']abc'],
    ['allowed: []]', ']'],
    ['allowed: [-]]', '-]'],
    ['allowed: [-]', '-'],
    ['allowed: [a;b:c,[]', ',:;[abc'],
    ['allowed: [ab], [bc]', 'abc'],
    ['allowed: [aab]', 'ab'],
    ['allowed: [ x]', ' x'],
  ])('%s lists exactly %j', (text, characters) => {
    expect(drawnFrom(text)).toBe([...characters].sort().join(''));
  });

  it('takes the stricter of two numbers', () => {
    expect(parsePasswordRules('minlength: 8; minlength: 10; maxlength: 30; maxlength: 20; max-consecutive: 3; max-consecutive: 2')).toMatchObject({
      minLength: 10,
      maxLength: 20,
      maxConsecutive: 2,
    });
  });

  it.each([
    ['minlength: 12; maxlength: 8', 'minlength 12 is more than maxlength 8'],
    ['minlength: 200', 'minlength 200 is more than 128, the longest that is made'],
    ['maxlength: 0', 'maxlength must be at least 1'],
    ['minlength: many', 'minlength must be a number'],
    ['minlength', 'minlength must be a number'],
    ['minlength: -1', 'minlength must be a number'],
    ['max-consecutive: 0', 'max-consecutive must be at least 1'],
    ['required: capital', 'no set of characters called "capital"'],
    ['required:', 'names no set'],
    ['required: upper,', 'single commas'],
    ['required: upper,,lower', 'no set of characters called ""'],
    ['required: upper lower', 'no set of characters called "upper lower"'],
    ['required: [ab] lower', 'single commas'],
    ['allowed: []', 'is empty'],
    ['allowed: [abc', 'has no ]'],
    ['allowed: [a-z]', 'a dash may only be the first character'],
    ['allowed: [é]', 'printable ASCII only'],
    ['minimum: 8', 'no rule called "minimum"'],
    ['not-username: yes', 'not-username takes no value'],
    ['start: upper; start: lower', 'start may be given once'],
    ['required: [a];'.repeat(9), 'more than 8 required'],
    [' '.repeat(2001), 'longer than 2000'],
  ])('refuses %j and says why', (text, why) => {
    expect(refusal(text)).toContain(why);
  });
});

describe('what is wrong with a password', () => {
  const rules = parsePasswordRules(
    'minlength: 6; maxlength: 10; required: upper; required: digit; allowed: lower, [-]; max-consecutive: 2; start: letter; not-username',
  );
  it.each([
    ['Abcde1', []],
    ['Abc1', ['shorter than 6']],
    ['Abcdefghij1', ['longer than 10']],
    ['abcdef', ['holds none of upper', 'holds none of digit']],
    ['Abcde1!', ['holds a character that is not allowed']],
    ['1bcdeA', ['does not start with letter']],
    ['Abbbcd1', ['repeats a character more than 2 times in a row']],
    ['Xjane-1', ['holds the user name']],
  ])('%s: %j', (password, broken) => {
    expect(brokenRules(rules, password, 'JANE@example.org')).toEqual(broken);
  });

  it('accepts a space where the class has one, though none is drawn', () => {
    expect(brokenRules(parsePasswordRules('allowed: lower, special'), 'a b')).toEqual([]);
    expect(brokenRules(parsePasswordRules('allowed: unicode'), 'é🔑')).toEqual([]);
  });
});

describe('rules about more than one character of a kind, and about the password before', () => {
  it('are read', () => {
    const rules = parsePasswordRules(
      'at-least: 3 digit; AT-LEAST: 2  upper, [!?]; differs: 6; reuse: 25%; reuse: 50; changes-per-day: 1; not-words: Password, abc; max-sequence: 3',
    );
    expect(rules).toMatchObject({ differs: 6, reusePercent: 25, changesPerDay: 1, words: ['password', 'abc'], maxSequence: 3 });
    expect(rules.required.map(({ name, atLeast }) => [name, atLeast])).toEqual([
      ['digit', 3],
      ['upper, [!?]', 2],
    ]);
    expect(parsePasswordRules('required: upper')).toMatchObject({ differs: 0, reusePercent: null, changesPerDay: null, words: [], maxSequence: null });
  });

  it.each([
    ['at-least: digit', 'at character 11: at-least names how many'],
    ['at-least: 0 digit', 'at character 11: at-least names how many'],
    ['at-least', 'at character 1: at-least names how many'],
    ['at-least: 3 capital', 'at character 13: there is no set of characters called "capital"'],
    ['reuse: 101%', 'at character 8: reuse must be a percentage'],
    ['reuse: a quarter', 'must be a percentage'],
    ['not-words: a', 'words of 3 to 32'],
    ['not-words: pass word', 'words of 3 to 32'],
    ['max-sequence: 0', 'max-sequence must be at least 1'],
    ['changes-per-day: 0', 'changes-per-day must be at least 1'],
    ['at-least: 30 upper; at-least: 30 lower; at-least: 30 digit', 'to be counted'],
    ['minlength: 60; at-least: 9 upper; at-least: 9 lower; reuse: 10%', 'to be counted'],
  ])('are refused with place and reason: %s', (text, why) => expect(refusal(text)).toContain(why));

  it('name what a password lacks, and of how many', () => {
    const rules = parsePasswordRules('allowed: unicode; at-least: 3 digit; differs: 4');
    expect(brokenRules(rules, 'abc12', undefined, 'abcde')).toEqual([
      'holds 2 of digit, and needs 3',
      'holds 2 of characters that the current password does not have, and needs 4',
    ]);
    expect(brokenRules(rules, 'wxyz123', undefined, 'abcde')).toEqual([]);
    expect(brokenRules(rules, 'abc123')).toEqual([]);
  });
});
