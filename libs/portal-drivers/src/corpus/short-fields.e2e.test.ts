import { Secret } from '@rcm/telemetry';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { WORDS } from './corpus.fixture.ts';
import { corpusRecipe } from './corpus-recipe.fixture.ts';
import { CorpusRun, credential } from './corpus-run.fixture.ts';

let run: CorpusRun;
beforeAll(async () => {
  run = await CorpusRun.start();
});
afterEach(() => run.clear());
afterAll(() => run.close());

const SHORT = { ...credential, username: new Secret('canary') };
const cut = expect.stringContaining('The field takes at most') as string;

describe('a field that is shorter than what is typed', () => {
  it('signs in to no account whose name is the beginning of the login’s', async () => {
    let asked = 0;
    const session = await run.session(corpusRecipe({ login: 'short-fields/rejected' }));
    const result = await run.login(session, { beforeSubmit: async () => void (asked += 1) });
    expect([result, asked, run.posts()]).toEqual([{ outcome: { kind: 'unknown', detail: cut }, submitted: false }, 0, 0]);
  });

  it.each([
    ['904731-88', { outcome: { kind: 'unknown', detail: cut }, submitted: false }],
    ['904731', { outcome: { kind: 'accepted' }, submitted: true }],
  ])('sends no half of a code: %s', async (code, result) => {
    const recipe = corpusRecipe({ login: 'short-fields/accepted' });
    const [press] = recipe.login.steps.slice(-1);
    const steps = [...recipe.login.steps.slice(0, -1), { totp: { into: { label: 'Code' } } }, ...(press ? [press] : [])];
    const session = await run.session({ ...recipe, login: { ...recipe.login, steps } });
    expect(await run.login(session, { credential: SHORT, totp: async () => new Secret(code) })).toEqual(result);
  });

  it.each([
    ['4711-4711-4711', { kind: 'unknown', detail: cut }],
    ['4711-4711   ', { kind: 'nothing_found' }],
  ])('searches for no other claim than was asked for: %s', async (number, outcome) => {
    const steps = [
      { open: '/pages/short-fields/nothing' },
      { fill: { into: { label: 'User name' }, with: { input: 'number' } } },
      { press: { role: 'button', name: 'Sign in' } },
    ];
    const outcomes = [
      { when: { text: WORDS.nothing }, is: 'nothing_found' },
      { when: { text: WORDS.odd }, is: 'found' },
    ];
    const task = { input: { number: { type: 'text' } }, steps, outcomes, fields: { words: { in: { css: 'p' } } } };
    const recipe = corpusRecipe({ task });
    const session = await run.session({ ...recipe, session: { ...recipe.session, logged_out: { text: WORDS.out ?? '' } } });
    expect(await run.work(session, { number })).toEqual(outcome);
  });
});
