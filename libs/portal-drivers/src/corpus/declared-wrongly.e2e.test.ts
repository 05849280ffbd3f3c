import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { parseRecipe } from '../index.ts';
import { WORDS } from './corpus.fixture.ts';
import { CANARY, CorpusRun } from './corpus-run.fixture.ts';

let run: CorpusRun;
beforeAll(async () => {
  run = await CorpusRun.start();
});
afterEach(() => run.clear());
afterAll(() => run.close());

const recipe = (stepDeadlineMs: number) =>
  parseRecipe({
    ...{ version: 2, name: 'says-no-steps', step_deadline_ms: stepDeadlineMs },
    login: {
      open: '/pages/new-at-login/odd',
      outcomes: [
        { when: { text: WORDS.rejected }, is: 'rejected' },
        { when: { visible: { role: 'link', name: 'Sign out' } }, is: 'accepted' },
      ],
    },
    change: { open: '/pages/all-new/applied', outcomes: [{ when: { text: WORDS.applied }, is: 'applied' }] },
  });

it('a sign-in whose page calls its password a new one is not sent without it, which no ledger would know of', async () => {
  const result = await run.login(await run.session(recipe(2_500)));
  expect([result.outcome.kind, result.submitted, run.posts()]).toEqual(['unknown', false, 0]);
});

it('a change whose page calls the current password a new one gets the current one there', async () => {
  expect(await run.change(await run.session(recipe(15_000)))).toEqual({ kind: 'applied', submitted: true });
  const [post] = run.portal.seen.filter(({ method }) => method === 'POST');
  expect(Object.fromEntries(new URLSearchParams(post?.body))).toEqual({ old: CANARY.password, new: CANARY.newPassword, again: CANARY.newPassword });
});
