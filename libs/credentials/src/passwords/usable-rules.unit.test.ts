import { isRcmError } from '@rcm/telemetry';
import { describe, expect, it } from 'vitest';
import { ruleWarnings, usablePasswordRules } from './usable-rules.ts';

const refusal = (text: string): string => {
  try {
    usablePasswordRules(text);
    return 'usable';
  } catch (error) {
    return isRcmError(error) ? `${error.code} ${error.details.position ?? '-'} ${error.message}` : String(error);
  }
};

describe('rules that somebody wants to save', () => {
  it('are taken where passwords can be made from them', () => {
    expect(refusal('minlength: 8; maxlength: 12; required: upper; required: digit; allowed: lower; history: 24')).toBe('usable');
    expect(refusal('maxlength: 4; allowed: digit; history: 24')).toBe('usable');
  });

  it.each([
    ['minlength: 8; required: capital', 'input_invalid 25', 'no set of characters called "capital"'],
    ['minlength: 8;  alowed: lower', 'input_invalid 16', 'no rule called "alowed"'],
    ['maxlength: ten', 'input_invalid 12', 'must be a number'],
    ['allowed: lower, [a-z]', 'input_invalid 19', 'a dash may only be the first'],
    ['required: upper, [abc', 'input_invalid 18', 'has no ]'],
    ['minlength: 9; maxlength: 8', 'input_invalid 0', 'minlength 9 is more than maxlength 8'],
    ['maxlength: 2; required: upper; required: lower; required: digit', 'input_invalid -', '3 required rules'],
    ['maxlength: 1; allowed: [abc]; history: 2', 'input_invalid -', 'only 3 satisfy them'],
    ['minlength: 6; maxlength: 6; at-least: 4 digit; at-least: 3 upper', 'input_invalid -', 'cannot satisfy 2 required rules'],
    ['minlength: 8; maxlength: 8; allowed: [abcd]; at-least: 2 [a]; reuse: 0%', 'input_invalid -', 'differs enough from the current one'],
    ['minlength: 3; maxlength: 3; allowed: [aA]; not-words: aaa', 'input_invalid -', 'what is refused'],
  ])('are refused with place and reason: %s', (text, where, why) => {
    expect(refusal(text)).toContain(where);
    expect(refusal(text)).toContain(why);
  });
});

describe('what whoever saves rules is told', () => {
  it('is that many portals cut, where no longest password is named', () => {
    expect(ruleWarnings(usablePasswordRules('minlength: 8'))).toEqual([expect.stringMatching(/no maxlength.*cut/)]);
    expect(ruleWarnings(usablePasswordRules('minlength: 8; maxlength: 128'))).toEqual([]);
  });
});
