import { existsSync, globSync, readFileSync } from 'node:fs';
import { isLongForm } from '@rcm/test-services';
import { describe, expect, it } from 'vitest';
import { lintRecipe } from './lint.ts';
import { missed, sample, seeded, textAt } from './mutated.fixture.ts';
import { mutationsOf } from './mutations.fixture.ts';

const ROOT = new URL('../../../../', import.meta.url).pathname;
const RECIPES = globSync(['libs/portal-drivers/recipes/*.yaml', 'libs/portal-drivers/src/corpus/recipes/*.yaml', 'tools/real-portals/**/recipe.yaml'], {
  cwd: ROOT,
  exclude: ['**/node_modules/**'],
}).filter((path) => existsSync(ROOT + path));

const read = (path: string): string => readFileSync(ROOT + path, 'utf8');

/** Of each recipe. A mutation takes about 10 ms; all of a long recipe would take ten seconds. */
const MOST = isLongForm() ? 120 : 15;

describe.each(RECIPES)('%s', (path) => {
  it('has no problem', () => {
    expect(lintRecipe(read(path), { file: path }).problems).toEqual([]);
  });

  it('with any one key removed or misspelt, any value of another type or any step unknown, is refused at its place with the key that was meant', () => {
    const mutations = sample(mutationsOf(read(path), seeded(20_260_101)), seeded(7), MOST);
    expect(mutations.flatMap((mutation) => missed(mutation) ?? [])).toEqual([]);
  }, 120_000);
});

describe('lintRecipe', () => {
  it('is tried with at least 200 mutations of at least three recipes', () => {
    expect(RECIPES.length).toBeGreaterThanOrEqual(3);
    const mutations = RECIPES.flatMap((path) => mutationsOf(read(path), seeded(1)));
    expect(mutations.length).toBeGreaterThan(200);
    for (const kind of ['removed', 'misspelt', 'wrong type', 'unknown step', 'misspelt word'])
      expect(mutations.filter((one) => one.kind === kind).length).toBeGreaterThan(30);
  });

  it('gives the recipe where there is no problem, and every problem in the order of the file where there are', () => {
    const text = read('libs/portal-drivers/recipes/alpine.yaml');
    expect(lintRecipe(text, { file: 'a' }).recipe?.name).toBe('alpine');
    const { problems, recipe } = lintRecipe(text.replace('version: 1', 'version: 3').replace('next_page', 'next_pgae').replace('fill:', 'fil:'), { file: 'a' });
    expect(recipe).toBeNull();
    expect(problems.map(({ line, at, suggestion }) => [line, at, suggestion])).toEqual([
      [2, 'version', null],
      [17, 'login.steps[2].fil', 'fill'],
      [97, 'tasks.claim_status.rows.next_pgae', 'next_page'],
    ]);
  });

  it('tells where a text is no YAML', () => {
    expect(lintRecipe('version: 1\nname: [x\n', { file: 'a' }).problems[0]).toMatchObject({ file: 'a', line: 3, column: 1 });
  });

  it.each(['', '[]', 'just words', '\u0000', 'a: &a [*a]'])('refuses %j without throwing', (text) => {
    expect(lintRecipe(text, { file: 'a' }).problems.length).toBeGreaterThan(0);
  });

  it('tells the declared input that a misspelt one most likely means', () => {
    const text = read('libs/portal-drivers/recipes/alpine.yaml').replace('{ input: claim_number }', '{ input: clam_number }');
    expect(lintRecipe(text, { file: 'a' }).problems).toMatchObject([{ message: 'is not a declared input: clam_number', suggestion: 'claim_number' }]);
  });

  const alpine = read('libs/portal-drivers/recipes/alpine.yaml');
  const problemsAfter = (from: string, to: string) => lintRecipe(alpine.replace(from, to), { file: 'a' }).problems;

  it.each([
    ['{ credential: password }', '{ credential: pasword }', 'password'],
    ['{ credential: username }', '{ credential: usrname }', 'username'],
    ['role: button', 'role: buttno', 'button'],
    ['is: rejected', 'is: rejcted', 'rejected'],
    ['{ into: { label: User name }, with: { credential: username } }', '{ with: { credential: usernme } }', 'username'],
  ])('tells the word that was meant: %s as %s', (from, to, meant) => {
    expect(problemsAfter(from, to)).toMatchObject([{ suggestion: meant }]);
  });

  it.each([
    ['version: 1', 'verson: 1', 'version'],
    ['login:', 'logn:', 'login'],
    ['when:', 'wehn:', 'when'],
    ['outcomes:', 'outcoms:', 'outcomes'],
  ])('tells of a misspelt key once, not also that the right one is missing: %s as %s', (from, to, meant) => {
    expect(problemsAfter(from, to)).toMatchObject([{ suggestion: meant }]);
  });

  it('says of what is missing and of what is of another type what it must be, in plain words', () => {
    expect(problemsAfter('version: 1\n', '')).toMatchObject([
      { at: 'version', message: 'is needed: must be 2, the version of the recipe format, or 1, the one before' },
    ]);
    expect(problemsAfter('name: alpine', 'name: [a]')).toMatchObject([{ message: 'must be text, not a list' }]);
    expect(lintRecipe('# nothing\n', { file: 'a' }).problems).toMatchObject([{ at: 'recipe', message: 'is empty' }]);
  });

  const dated = (date: string, format: string) => `version: 1
name: a
login:
  outcomes:
    - { when: { text: a }, is: accepted, date: ${date} }
    - { when: { text: b }, is: rejected }
tasks:
  t:
    steps: [{ open: / }]
    outcomes: [{ when: { text: a }, is: found }, { when: { text: b }, is: nothing_found }]
    fields: { f: { in: { css: a }, type: date, format: ${format} } }
`;

  it.each([
    ["{ format: 'MM/DD/YYYY hh:MM A' }", 'MM/DD/YYYY', { line: 5, column: 58, at: 'login.outcomes[0].date.format', message: /^has MM more than once: / }],
    ["{ format: 'MM/DD/YYYY AT hh:mm A' }", 'MM/DD/YYYY', { line: 5, at: 'login.outcomes[0].date.format', message: /^has A more than once: .*\bAT\b/ }],
    ["{ words: 'in {minutes} or {minutes} minutes' }", 'MM/DD/YYYY', { line: 5, at: 'login.outcomes[0].date.words', message: /^has \{minutes\} more than/ }],
    ['{ minutes: 5 }', 'DD/DD/YYYY MM', { line: 11, at: 'tasks.t.fields.f.format', message: /^has DD more than once/ }],
  ])('tells that a part of a date stands there twice: %s, %s', (date, format, { message, ...where }) => {
    expect(lintRecipe(dated(date, format), { file: 'a' }).problems).toMatchObject([{ ...where, message: expect.stringMatching(message) }]);
  });

  it.each(["{ format: 'MMMM DD, YYYY at hh:mm A' }", "{ words: '{hours}:{minutes}:{seconds}' }"])(
    'takes a date of which every part stands there once: %s',
    (date) => {
      expect(lintRecipe(dated(date, 'DD-MMM-YYYY'), { file: 'a' }).problems).toEqual([]);
    },
  );

  it('tells of a placeholder that is no declared input, and of one that would leave an element without words', () => {
    const found = (press: string, optional = '') =>
      lintRecipe(
        `version: 1
name: a
login: { outcomes: [{ when: { text: a }, is: accepted }, { when: { text: b }, is: rejected }] }
tasks:
  t:
    input: { claim: { type: text${optional} } }
    steps: [{ open: '/c/{claim}' }, { press: ${press} }]
    outcomes: [{ when: { text: a }, is: found }, { when: { text: b }, is: nothing_found }]
    fields: { f: { in: { css: a } } }
`,
        { file: 'a' },
      ).problems;
    expect(found("{ role: link, name: 'Claim {claim}' }")).toEqual([]);
    expect(found("{ role: link, name: 'Claim {clam}' }")).toMatchObject([{ line: 7, column: 66, suggestion: 'claim' }]);
    expect(found('{ text: a }', ', optional: true')).toEqual([]);
    expect(found("{ text: '{claim}' }", ', optional: true')).toMatchObject([{ line: 7, at: 'tasks.t.steps[1].press.text' }]);
  });

  const asking = (part: string) => `version: 1
name: a
login: { outcomes: [{ when: { text: a }, is: accepted }, { when: { text: b }, is: rejected }] }
tasks:
  t:
    description: 'What {claim} is'
    input: { claim: { type: text, pattern: '[A-Z]{2}' } }
    ${part}
`;
  const plainSteps = "steps: [{ open: '/c/{claim}' }]";
  const plainOutcomes = 'outcomes: [{ when: { text: a }, is: found }, { when: { text: b }, is: nothing_found }]';
  const fields = 'fields: { f: { in: { css: a } } }';

  it.each([
    ['css', 'tasks.t.fields.f.in.css', [plainSteps, plainOutcomes, 'fields: { f: { in: { css: "#row-{claim} b" } } }']],
    ['field', 'tasks.t.steps[0].press.field', ["steps: [{ press: { field: 'take_{claim}' } }]", plainOutcomes, fields]],
    ['url', 'tasks.t.steps[0].wait.url', ["steps: [{ wait: { url: '/c/{claim}' } }]", plainOutcomes, fields]],
    ['response.url', 'tasks.t.steps[0].wait.response.url', ["steps: [{ wait: { response: { url: '/c/{claim}', status: 200 } } }]", plainOutcomes, fields]],
    ['frame', 'tasks.t.steps[0].press.frame.title', ["steps: [{ press: { text: a, frame: { title: 'Of {claim}' } } }]", plainOutcomes, fields]],
    ['header', 'tasks.t.rows.columns.f.header', [plainSteps, plainOutcomes, "rows: { each: { css: tr }, columns: { f: { header: 'Of {claim}' } } }"]],
  ])('tells of an input in braces where none is filled in, and where one may stand: %s', (_key, at, parts) => {
    const text = asking(parts.join('\n    '));
    const [problem, ...others] = lintRecipe(text, { file: 'a' }).problems;
    expect(others).toEqual([]);
    expect(problem).toMatchObject({ at, message: expect.stringMatching(/^stays as it stands: \{claim\} .* under open, label, placeholder, text, and name/) });
    expect(problem && textAt(text, problem)).toMatch(/^["'][^"']*\{claim\}/);
  });

  it('takes braces that are no input’s name where none is filled in, and one in what is only told to people', () => {
    const steps = "steps: [{ open: '/c/{claim}', name: 'open {claim}' }, { press: { css: 'a:text-matches(\"^[0-9]{4}{x}$\")' } }]";
    expect(lintRecipe(asking([steps, plainOutcomes, fields].join('\n    ')), { file: 'a' }).problems).toEqual([]);
  });

  it.each([
    ['an alias that stands for what it is in', 'when: &w { all: [*w] }', 'when: { text: a }'],
    ['a tag that stands for code', 'when: { text: !!js/function x }', 'when: { text: a }'],
    ['a key that is no word', 'when: { [text]: a }', 'when: { text: a }'],
    ['lists in lists without an end', `when: ${'['.repeat(3000)}`, 'when: { text: a }'],
  ])('refuses %s, at its place', (_what, bad, good) => {
    const text = (when: string) => `version: 1\nname: a\nlogin:\n  outcomes:\n    - is: accepted\n      ${when}\n    - { is: rejected, when: { text: a } }\n`;
    expect(lintRecipe(text(good), { file: 'a' }).problems).toEqual([]);
    const [problem] = lintRecipe(text(bad), { file: 'a' }).problems;
    expect(problem).toMatchObject({ line: 6 });
    expect(problem?.message).not.toMatch(/call stack/);
  });
});
