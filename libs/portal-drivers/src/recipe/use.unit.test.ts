import { describe, expect, it } from 'vitest';
import { lintRecipe } from './lint.ts';

/** A recipe of a login, a change and a task, each with a place for one step more. */
const recipe = ({ login = '', change = '', task = '' }: { readonly login?: string; readonly change?: string; readonly task?: string }): string => `version: 2
name: sample
login:
  steps:
    - fill: { into: { label: User }, with: { credential: username } }
    - fill: { into: { label: Password }, with: { credential: password } }
    - { press: { text: Sign in }, submit: true }
${login}
  outcomes: [{ when: { text: Wrong. }, is: rejected }, { when: { url: '**/home' }, is: accepted }]
change:
  steps:
    - fill: { into: { label: New }, with: { credential: new_password } }
    - { press: { text: Change }, submit: true }
${change}
  outcomes: [{ when: { text: Done. }, is: applied }, { when: { text: Weak. }, is: refused, rule: too_soon }]
tasks:
  look:
    input: { claim: { type: text } }
    steps:
      - open: '/claims'
${task}
    outcomes: [{ when: { text: None. }, is: nothing_found }, { when: { text: Some }, is: found }]
    fields: { f: { in: { css: a } } }
`;

const problemsOf = (text: string) => lintRecipe(text, { file: 'a' }).problems.map(({ at, message }) => `${at}: ${message}`);

const CODE = 'totp: { into: { label: Code } }';
const EXPIRY = "expiry: { in: { css: b }, words: 'in {days} days' }";

describe('what a step may do in a part of a recipe', () => {
  it('is right as the sample has it', () => {
    expect(problemsOf(recipe({}))).toEqual([]);
  });

  it.each([
    ['a code after the submit of a login', { login: `    - { ${CODE} }` }, []],
    ['a code after the submit of a change', { change: `    - { ${CODE} }` }, ['change.steps[2].totp: is only possible before the submit of a change']],
    [
      'a code that is only asked for at times, after the submit of a change',
      { change: `    - { optional: { when: { text: Code }, steps: [{ ${CODE} }] } }` },
      ['change.steps[2].optional.steps[0].totp: is only possible in login and change'],
    ],
    ['a code in a task', { task: `      - { ${CODE} }` }, ['tasks.look.steps[1].totp: is only possible in login and change']],
    ['a submit in a task', { task: `      - { press: { text: Go }, submit: true }` }, ['tasks.look.steps[1].submit: is only possible in login and change']],
    [
      'a submit in a task that is only made at times',
      { task: `      - { optional: { when: { text: Go }, steps: [{ press: { text: Go }, submit: true }] } }` },
      ['tasks.look.steps[1].optional.steps[0].submit: is only possible in login and change'],
    ],
    ['the password’s end in a change', { change: `    - ${EXPIRY}` }, ['change.steps[2].expiry: is only possible in login']],
    [
      'a choice by an input that is not declared',
      { task: `      - { choose: { in: { label: Claim }, option: { input: clam } } }` },
      ['tasks.look.steps[1].choose.option.input: is not a declared input: clam'],
    ],
    [
      'a password in a task',
      { task: `      - { fill: { into: { label: Claim }, with: { credential: password } } }` },
      ['tasks.look.steps[1].fill.with.credential: must not be typed here (password)'],
    ],
  ])('%s', (_what, steps, problems) => {
    expect(problemsOf(recipe(steps))).toEqual(problems);
  });
});
