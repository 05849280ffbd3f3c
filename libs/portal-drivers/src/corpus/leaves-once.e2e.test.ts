import { Secret } from '@rcm/telemetry';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { UNASKED } from './confirm.fixture.ts';
import { corpusRecipe } from './corpus-recipe.fixture.ts';
import { CorpusRun, credential } from './corpus-run.fixture.ts';

const NEW = 'kT7&m<Q-x2Rw+9%eVbN';
/** Until it has said so many times what no recipe knows; a busy machine has the time of the login for it. */
const said = (times: number) => ({ wait: { text: Array(times).fill('Something went wrong.').join(' ') }, deadline_ms: 20_000 });

let run: CorpusRun;
beforeAll(async () => {
  run = await CorpusRun.start();
});
afterEach(() => run.clear());
afterAll(() => run.close());

/** Signs in at a page, until it has said what no recipe knows. */
async function login(page: string, more: readonly object[] = []) {
  const result = await run.login(await run.session(corpusRecipe({ login: page, afterSubmit: [said(1), ...more], stepDeadlineMs: 2_500 })));
  return { kind: result.outcome.kind, submitted: result.submitted, posts: run.posts(), stopped: run.blocked.length };
}

describe('a page that sends a login again by itself, and says nothing that the recipe knows', () => {
  it.each([
    ['the same', 'retries/odd'],
    ['another, where the portal took the first for an error', 'retries/error#counted'],
  ])('makes one attempt: %s', async (_, page) => {
    expect(await login(page)).toEqual({ kind: 'unknown', submitted: true, posts: 1, stopped: 2 });
  });

  it('makes another one where the recipe presses once more', async () => {
    const again = [{ press: { role: 'button', name: 'Sign in' } }, said(2)];
    expect(await login('retries/odd', again)).toMatchObject({ submitted: true, posts: 2 });
  });

  it('makes one where it sends by its code and by its form', async () => {
    const session = await run.session(corpusRecipe({ login: 'two-ways/error', stepDeadlineMs: 2_500 }));
    expect([(await run.login(session)).submitted, run.posts()]).toEqual([true, 1]);
  });

  it('makes one where it has sent before the press, and was held', async () => {
    const session = await run.session(corpusRecipe({ login: 'sends-early/accepted' }));
    expect([(await run.login(session)).outcome.kind, run.posts()]).toEqual(['accepted', 1]);
  });

  it('is signed in where its code is answered and its form is stopped', async () => {
    const session = await run.session(corpusRecipe({ login: 'two-ways/accepted#same' }));
    expect([(await run.login(session)).outcome.kind, run.posts()]).toEqual(['accepted', 1]);
  });
});

it('a new password that its page writes otherwise while it sends is refused, and never sent', async () => {
  let asked = 0;
  const session = await run.session(corpusRecipe({ change: 'rewrites/applied' }));
  const outcome = await session.changePassword({
    ...{ credential, newPassword: new Secret(NEW), totp: null, confirm: UNASKED, deadlineMs: 15_000, signal: new AbortController().signal },
    beforeSubmit: async () => void (asked += 1),
  });
  expect([outcome, asked, run.posts()]).toEqual([{ kind: 'refused', rule: 'rewritten', submitted: false }, 1, 0]);
});
