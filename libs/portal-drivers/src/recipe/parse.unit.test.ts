import { readdirSync } from 'node:fs';
import { hasCode } from '@rcm/telemetry';
import { describe, expect, it } from 'vitest';
import { readRecipeFile } from './files.ts';
import { parseRecipe, recipeHash } from './parse.ts';

const YAML = `
version: 1
name: sample
session: { open: /home, logged_in: { text: Sign out }, logged_out: { visible: { label: User } } }
login:
  steps:
    - open: /login
    - fill: { into: { label: User }, with: { credential: username } }
    - fill: { into: { label: Password }, with: { credential: password } }
    - press: { role: button, name: Sign in }
      submit: true
  outcomes:
    - { when: { text: Wrong. }, is: rejected }
    - { when: { text: Sign out }, is: accepted }
change:
  steps:
    - fill: { into: { label: Old }, with: { credential: password } }
    - fill: { into: { label: New }, with: { credential: new_password } }
    - key: { on: { label: New }, press: Enter }
      submit: true
  outcomes:
    - { when: { text: Done. }, is: applied }
    - { when: { text: Too long. }, is: refused, rule: too_long }
tasks:
  look:
    input: { what: { type: text } }
    steps: [{ fill: { into: { css: input }, with: { input: what } } }]
    outcomes: [{ when: { text: None. }, is: nothing_found }, { when: { text: Some }, is: found }]
    rows: { each: { css: tr }, columns: { first: { cell: 1 } } }
`;

/** The lines of the refusal, without its first. */
function problemsOf(source: string | object): string[] {
  try {
    parseRecipe(source);
  } catch (error) {
    if (hasCode(error, 'recipe_invalid'))
      return error.message
        .split('\n')
        .slice(1)
        .map((line) => line.trim());
    throw error;
  }
  return [];
}

const changed = (from: string, to: string): string => {
  if (!YAML.includes(from)) throw new Error(`not in the sample: ${from}`);
  return YAML.replace(from, to);
};

describe('parseRecipe', () => {
  it('fills in what may be left out', () => {
    expect(parseRecipe(YAML)).toMatchObject({ step_deadline_ms: 10_000, tasks: { look: { input: { what: { max_length: 100 } }, rows: { max_pages: 20 } } } });
  });

  it('gives the same recipe and hash for the stored form, whatever order its keys are in', () => {
    const recipe = parseRecipe(YAML);
    const reversed = JSON.parse(JSON.stringify(recipe), (_key, value: unknown) =>
      value && typeof value === 'object' && !Array.isArray(value) ? Object.fromEntries(Object.entries(value).reverse()) : value,
    ) as object;
    expect(parseRecipe(reversed)).toEqual(recipe);
    expect(recipeHash(parseRecipe(reversed))).toBe(recipeHash(recipe));
    expect(recipeHash(parseRecipe(changed('Wrong.', 'Wrong!')))).not.toBe(recipeHash(recipe));
  });

  it.each([
    ['version: 1', 'version: 3', 'version: must be 2, the version of the recipe format, or 1, the one before'],
    ['{ label: User }, with', '{ lable: User }, with', 'login.steps[1].fill.into.lable: is not a key that is known here; did you mean label?'],
    [
      '{ label: User }, with',
      '{ label: User, css: input }, with',
      'login.steps[1].fill.into: has label and css, but needs exactly one of: label, role, field, placeholder, css, text, declared',
    ],
    [
      '{ role: button, name: Sign in }',
      '{ text: Go, name: Sign in }',
      'login.steps[3].press.name: is only possible together with role (use field for a name attribute)',
    ],
    ['- open: /login', '- wait: 500', 'login.steps[0].wait: must be keys with values, not a number'],
    ['- open: /login', '- open: login', 'login.steps[0].open: must be a path that starts with / or with a named host, or an http(s) address'],
    [
      '- open: /login',
      '- name: nothing',
      'login.steps[0]: needs one of: open, fill, choose, check, press, hover, key, totp, wait, expiry, close_tab, optional',
    ],
    [
      '      submit: true\n  outcomes:\n    - { when: { text: Wrong',
      '  outcomes:\n    - { when: { text: Wrong',
      'login.steps: needs exactly one step marked "submit: true", has 0',
    ],
    ['- open: /login', '- press: { text: Go }\n      submit: true', 'login.steps: needs exactly one step marked "submit: true", has 2'],
    ['{ credential: password } }\n    - press', '{ credential: username } }\n    - press', 'login.steps: never types {credential: password}'],
    ['{ credential: username }', '{ credential: new_password }', 'login.steps[1].fill.with.credential: must not be typed here (new_password)'],
    ['{ credential: username }', '{ credential: token }', 'login.steps[1].fill.with.credential: must be username, password, new_password or custom.<name>'],
    [
      'press: Enter }\n      submit: true',
      'press: Enter }\n      submit: true\n    - totp: { into: { label: Code } }',
      'change.steps[3].totp: is only possible before the submit of a change',
    ],
    [
      '[{ fill: { into: { css: input }, with: { input: what } } }]',
      '[{ fill: { into: { css: input }, with: { input: what } } }, { totp: { into: { label: Code } } }]',
      'tasks.look.steps[1].totp: is only possible in login and change',
    ],
    ['{ input: what }', '{ credential: password }', 'tasks.look.steps[0].fill.with.credential: must not be typed here (password)'],
    ['{ input: what }', '{ input: other }', 'tasks.look.steps[0].fill.with.input: is not a declared input: other'],
    ['is: rejected', 'is: accepted', 'login.outcomes: must say what shows rejected or rejected_or_locked'],
    ['is: refused, rule: too_long', 'is: refused', 'change.outcomes[1].rule: belongs to refused, and refused needs it'],
    ['{ text: Done. }', '{ text: "" }', 'change.outcomes[0].when.text: must not be empty'],
    ['  rows: {', '  rowz: {', 'tasks.look.rowz: is not a key that is known here; did you mean rows?'],
  ])('%j changed to %j is refused', (from, to, problem) => {
    expect(problemsOf(changed(from, to))).toContain(problem);
  });

  it('names every problem at once', () => {
    expect(problemsOf(changed('version: 1', 'version: 3').replace('is: rejected', 'is: refused').replace('cell: 1', 'cell: 0')).length).toBeGreaterThanOrEqual(
      3,
    );
  });

  it('refuses a submit that is done only sometimes', () => {
    const optional = '- optional: { when: { text: Go }, steps: [{ press: { text: Go }, submit: true }] }';
    expect(problemsOf(changed('- open: /login', optional))).toContain(
      'login.steps[0].optional: must not hold the submit step: it would be sent only sometimes',
    );
  });

  it('refuses text that is no YAML, with the line', () => {
    expect(problemsOf('version: 1\nname: [x\n')[0]).toMatch(/^line \d+: /);
  });

  it('refuses aliases that unfold without end', () => {
    const bomb = [
      'a: &a [x, x, x, x, x, x, x, x, x]',
      ...'bcdefg'.split('').map((key, at) => `${key}: &${key} [${Array(9).fill(`*${'abcdef'[at]}`).join(', ')}]`),
    ].join('\n');
    expect(problemsOf(bomb)).not.toEqual([]);
  });

  it.each(readdirSync(new URL('../../recipes/', import.meta.url)).map((file) => file.replace('.yaml', '')))('reads the recipe file %s', async (name) => {
    expect((await readRecipeFile(name)).name).toBe(name);
  });

  it('refuses a recipe file that is not there, or elsewhere', async () => {
    await expect(readRecipeFile('none')).rejects.toSatisfy((error) => hasCode(error, 'recipe_invalid'));
    await expect(readRecipeFile('../package')).rejects.toSatisfy((error) => hasCode(error, 'recipe_invalid'));
  });
});
