import { hasCode } from '@rcm/telemetry';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkInput } from '../interpreter/task-input.ts';
import { fitsPattern } from './input-pattern.ts';
import { lintRecipe } from './lint.ts';

const recipe = (input: string) => `version: 1
name: a
login: { outcomes: [{ when: { text: a }, is: accepted }, { when: { text: b }, is: rejected }] }
tasks:
  t:
    input:
      claim: ${input}
    steps: [{ open: '/c/{claim}' }]
    outcomes: [{ when: { text: a }, is: found }, { when: { text: b }, is: nothing_found }]
    fields: { f: { in: { css: a } } }
`;
const lintOf = (input: string) => lintRecipe(recipe(input), { file: 'a' }).problems;
const patternProblem = (pattern: string, maxLength = 100) => lintOf(`{ type: text, max_length: ${maxLength}, pattern: '${pattern}' }`);

describe('the pattern of an input', { timeout: 120_000 }, () => {
  it.each([
    ['(?=[A-Z])\\w+', 'lookahead "(?=" at character 1; write out what the input may be'],
    ['\\d+(?!0)', 'lookahead "(?!" at character 4; write out'],
    ['(?<!a)b', 'lookbehind "(?<!" at character 1; write out'],
    ['(a)-\\1', 'a backreference "\\1" at character 5; write out what may stand there'],
    ['(?<n>a)\\k<n>', 'a backreference "\\k<" at character 8; write out'],
    ['a\\u0041', 'this escape "\\u" at character 2; write the letter itself'],
    ['\\p{Script=Greek}', 'a property with a value "\\p{Script=Greek}" at character 1; write a category'],
    ['a[^]', 'an empty class "[^]" at character 2; write (?s:.)'],
    ['x(a{100}){100}', 'invalid repeat count "{100}" at character'],
  ])('is refused at its place where it cannot be run in linear time, with what to do: %s', (pattern, words) => {
    const [problem, ...others] = patternProblem(pattern);
    expect(others).toEqual([]);
    expect(problem).toMatchObject({ at: 'tasks.t.input.claim.pattern', line: 7 });
    expect(problem?.column).toBeGreaterThan(20);
    expect(problem?.message).toContain(`cannot be run in linear time: ${words}`);
  });

  it('is refused where it is no regular expression, and where it is too long', () => {
    expect(patternProblem('[A')).toMatchObject([{ message: expect.stringMatching(/^must be a regular expression \(/) }]);
    expect(patternProblem('a'.repeat(201))).toMatchObject([{ message: 'must be at most 200 characters' }]);
  });

  it('is refused where its states times the longest input are too much work', () => {
    expect(patternProblem('.{1,1000}', 1_000)).toMatchObject([
      { at: 'tasks.t.input.claim.pattern', message: expect.stringMatching(/by max_length.* lower max_length to \d+$/) },
    ]);
    expect(patternProblem('.{1,100}', 100)).toEqual([]);
    expect(patternProblem('\\w{1,30}', 1_000)).toEqual([]);
  });

  it('is answered at once for an input on which a backtracking engine would never end', () => {
    expect(patternProblem('([A-Z0-9]+-?)+', 1_000)).toEqual([]);
    const input = { claim: { type: 'text' as const, pattern: '([A-Z0-9]+-?)+', max_length: 1_000 } };
    const given = (claim: string) => () => checkInput({ input }, { claim });
    expect(given(`${'A'.repeat(999)}!`)).toThrow(expect.toSatisfy((error) => hasCode(error, 'task_input_invalid')));
    expect(given('A'.repeat(1_000))).not.toThrow();
    expect(given('A'.repeat(1_001))).toThrow('longer than 1000');
  });

  it('means what it means in JavaScript', () => {
    const piece = fc.constantFrom('a', 'b', '[ab]', '[^a]', '\\d', '\\w', '.', '(?:a|bc)', '(a|)', '(?:1?)', '-', '\\.', '\\p{Lu}', 'é', '😀');
    const counted = fc.tuple(piece, fc.constantFrom('', '', '*', '+', '?', '{2}', '{1,3}', '*?')).map((parts) => parts.join(''));
    const pattern = fc.array(counted, { minLength: 1, maxLength: 4 }).map((parts) => parts.join(''));
    const text = fc.array(fc.constantFrom('a', 'b', 'c', '1', '-', '.', 'A', 'é', '😀'), { maxLength: 6 }).map((letters) => letters.join(''));
    fc.assert(
      fc.property(pattern, text, (expression, value) => {
        const wanted = new RegExp(`^(?:${expression})$`, 'u').test(value);
        expect({ expression, value, fits: fitsPattern(expression, value) }).toEqual({ expression, value, fits: wanted });
      }),
      { numRuns: 500 },
    );
  });

  it('fits nothing where it cannot be run', () => {
    expect([fitsPattern('(?=a)a', 'a'), fitsPattern('a'.repeat(300), 'a'.repeat(300)), fitsPattern('[', '[')]).toEqual([false, false, false]);
  });
});
