import { hasCode } from '@rcm/telemetry';
import { describe, expect, it } from 'vitest';
import { inputsThatLeadUp } from '../recipe/placeholder.ts';
import { checkInput } from './task-input.ts';

const TEXT = { type: 'text', max_length: 5 } as const;
const NUMBER = { type: 'number', max_length: 100 } as const;
const DATE = { type: 'date', max_length: 100 } as const;

describe('checkInput', () => {
  it.each([
    ['three letters', TEXT, 'abc'],
    ['as many letters as it may have', TEXT, 'abcde'],
    ['what its pattern is', { ...TEXT, pattern: '[A-Z]\\d' }, 'A1'],
    ['nothing, where it may be left out', { ...TEXT, optional: true }, ''],
    ['a whole number', NUMBER, '-12'],
    ['a decimal number', NUMBER, '12.50'],
    ['a day', DATE, '2031-01-15'],
    ['the last day of February in a leap year', DATE, '2032-02-29'],
  ])('takes %s', (_what, rule, value) => {
    expect(() => checkInput({ input: { claim: rule } }, { claim: value })).not.toThrow();
  });

  it.each([
    ['claim is missing', TEXT, ''],
    ['claim is missing', TEXT, undefined],
    ['claim is longer than 5 characters', TEXT, 'abcdef'],
    ['claim is not written as the portal wants it', { ...TEXT, pattern: '[A-Z]\\d' }, 'a1'],
    ['claim is not a number', NUMBER, '12.'],
    ['claim is not a number', NUMBER, '1,200'],
    ['claim is not a date (YYYY-MM-DD)', DATE, '01/15/2031'],
    ['claim is not a date (YYYY-MM-DD)', DATE, '2031-02-29'],
    ['claim is not a date (YYYY-MM-DD)', DATE, '2031-13-01'],
  ])('says that %s: %j', (problem, rule, value) => {
    const given: Record<string, string> = value === undefined ? {} : { claim: value };
    expect(() => checkInput({ input: { claim: rule } }, given)).toThrow(`The task cannot be done: ${problem}.`);
  });

  it('names every input that is wrong, and none that the task does not declare', () => {
    const check = () => checkInput({ input: { claim: TEXT, day: DATE, note: { ...TEXT, optional: true } } }, { day: 'today', patient: 'Ada Muster' });
    expect(check).toThrow('The task cannot be done: an input that the task does not declare, claim is missing, day is not a date (YYYY-MM-DD).');
    expect(check).toThrow(expect.toSatisfy((error) => hasCode(error, 'task_input_invalid')));
  });
});

describe('an input in an address', () => {
  const ways = (open: string, input: Record<string, string>): string[] => inputsThatLeadUp([{ open }, { press: { text: '{claim}' } }], input);

  it.each([
    ['/claims/{claim}', '..'],
    ['/claims/{claim}', '.'],
    ['/claims/{claim}?page=1', '..'],
    ['/claims/{claim}/lines', '..'],
    ['/claims/.{claim}', '.'],
    ['{idp}/claims/{claim}#top', '..'],
  ])('%s is refused where a browser would go up by it: %s', (open, claim) => expect(ways(open, { claim })).toEqual(['claim']));

  it.each([
    ['/claims/{claim}', '4711'],
    ['/claims/{claim}', '...'],
    ['/claims/{claim}', '../x'],
    ['/claims/{claim}', '%2e%2e'],
    ['/claims?number={claim}', '..'],
    ['/claims/{claim}-1', '..'],
  ])('%s takes as one part what is none: %s', (open, claim) => expect(ways(open, { claim })).toEqual([]));
});
