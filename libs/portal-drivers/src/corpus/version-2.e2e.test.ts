import { Secret } from '@rcm/telemetry';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { isLongForm } from '@rcm/test-services';
import type { Recipe } from '../index.ts';
import { ALLOWED } from './confirm.fixture.ts';
import { corpusRecipe, version2 } from './corpus-recipe.fixture.ts';
import { CANARY, CorpusRun, credential } from './corpus-run.fixture.ts';

let run: CorpusRun;
beforeAll(async () => {
  run = await CorpusRun.start();
});
afterEach(() => run.clear());
afterAll(() => run.close());

describe('a page that asks its server while one types', () => {
  const change = (answer: string, { marks = 'typing' }: { readonly marks?: 'typing' | 'press' } = {}): Recipe =>
    version2(
      {},
      {
        change: {
          steps: [
            { open: `/pages/opinion/${answer}` },
            { fill: { into: { label: 'Old' }, with: { credential: 'password' } } },
            { fill: { into: { label: 'New' }, with: { credential: 'new_password' } }, ...(marks === 'typing' ? { submit: 'from_here' } : {}) },
            { press: { role: 'button', name: 'Change' }, ...(marks === 'press' ? { submit: true, deadline_ms: 3_000 } : {}) },
          ],
          outcomes: corpusRecipe({}).change?.outcomes ?? [],
        },
      },
    );
  const asked = () => run.portal.seen.filter(({ url }) => url === '/opinion');

  it('is answered once the attempt is written down, and not before', async () => {
    const session = await run.session(change('good'));
    await run.login(session);
    const before: number[] = [];
    expect(await run.change(session, async () => void before.push(asked().length))).toMatchObject({ kind: 'applied', submitted: true });
    expect([before, asked().map(({ body }) => body)]).toEqual([[0], [CANARY.newPassword]]);
  });

  it('hears nothing where the attempt is not allowed', async () => {
    const session = await run.session(change('good'));
    await run.login(session);
    await expect(run.change(session, () => Promise.reject(new Error('not allowed')))).rejects.toThrow('not allowed');
    expect(asked()).toEqual([]);
  });

  it('hears nothing where the recipe does not say that it asks; which request was held, and why, is told', async () => {
    const session = await run.session(change('good', { marks: 'press' }));
    await run.login(session);
    expect(await run.change(session, () => Promise.reject(new Error('must not be asked')))).toMatchObject({ kind: 'unknown', submitted: false });
    expect(asked()).toEqual([]);
    const [held] = run.blocked.filter(({ reason }) => reason?.startsWith('it was held'));
    expect(held).toMatchObject({ origin: run.portal.origin, kind: 'fetch (POST)', reason: expect.stringContaining('submit: from_here') as string });
    expect(JSON.stringify(run.blocked)).not.toContain(CANARY.newPassword);
  });

  it('refuses in its own words what it will not take, and nothing is pressed', async () => {
    const session = await run.session(change('bad'));
    await run.login(session);
    const posts = run.posts();
    expect(await run.change(session)).toEqual({ kind: 'refused', rule: 'too_long', submitted: true });
    expect(run.posts()).toBe(posts);
  });
});

it('a change that asks for a code which the login does not have is refused as code_wanted, and of version 1 its end is not known', async () => {
  const options = { change: 'change-with-code/applied', code: true };
  for (const [recipe, outcome] of [
    [version2(options), { kind: 'refused', rule: 'code_wanted', submitted: false }],
    [corpusRecipe(options), { kind: 'unknown', submitted: false }],
  ] as const) {
    const session = await run.session(recipe);
    await run.login(session);
    expect(await run.change(session, () => Promise.reject(new Error('must not be asked')))).toMatchObject(outcome);
  }
});

it('the wait for a code of the page that asks for the current password is none of the time of the change', async () => {
  const { change } = corpusRecipe({});
  const confirm = {
    steps: [
      { open: '/pages/change-with-code/accepted' },
      { fill: { into: { label: 'Old' }, with: { credential: 'password' } } },
      { totp: { into: { label: 'Code' } } },
      { press: { role: 'button', name: 'Change' }, submit: true, dialog: { answer: 'accept' } },
    ],
    outcomes: [
      { when: { text: 'That code is wrong.' }, is: 'refused', rule: 'code_wrong' },
      { when: { url: '/pages/home/*' }, is: 'confirmed' },
    ],
  };
  const deadlineMs = 6_000;
  const session = await run.session(version2({}, { change: { ...change, confirm } }));
  await run.login(session);
  const outcome = await run.keep(
    session.changePassword({
      credential,
      newPassword: new Secret(CANARY.newPassword),
      totp: () => new Promise((resolve) => setTimeout(resolve, deadlineMs, new Secret(CANARY.code))),
      confirm: ALLOWED,
      beforeSubmit: async () => undefined,
      deadlineMs,
      signal: new AbortController().signal,
    }),
  );
  expect(outcome).toEqual({ kind: 'applied', submitted: true });
});

it('a new password that the form takes and the sign-in would not is refused as too_long, and nothing is sent', async () => {
  const session = await run.session(version2({ login: 'narrow/accepted' }));
  await run.login(session);
  const posts = run.posts();
  const newPassword = new Secret(CANARY.newPassword.repeat(2));
  const limits = { totp: null, confirm: ALLOWED, deadlineMs: 15_000, signal: new AbortController().signal };
  const outcome = await run.keep(session.changePassword({ credential, newPassword, beforeSubmit: async () => undefined, ...limits }));
  expect([outcome, run.posts() - posts]).toEqual([{ kind: 'refused', rule: 'too_long', submitted: false }, 0]);
});

it('what a page refuses by itself was never submitted', async () => {
  const session = await run.session(version2({ change: 'picky/applied' }));
  await run.login(session);
  const posts = run.posts();
  expect([await run.change(session), run.posts() - posts]).toEqual([{ kind: 'refused', rule: 'too_long', submitted: false }, 0]);
});

describe('an outcome that holds for a time says until when', () => {
  const inHalfAnHour = { date: { minutes: 30 } };
  const dated = <T extends { readonly is: string }>(outcomes: readonly T[], is: string) =>
    outcomes.map((entry) => (entry.is === is ? { ...entry, ...inHalfAnHour } : entry));
  const until = { until: expect.any(Date) as Date };

  const kinds = ['rejected_or_locked', 'locked', 'throttled', 'challenged', 'mfa_rejected', 'unavailable'];

  it.each(isLongForm() ? kinds : ['locked', 'throttled'])('a login: %s', async (is) => {
    const { login } = corpusRecipe({ login: `login/${is}` });
    const recipe = version2({}, { login: { ...login, outcomes: dated(login.outcomes, is) } });
    expect((await run.login(await run.session(recipe))).outcome).toMatchObject({ kind: is, ...until });
  });

  it('a login: mfa_required, where a page says so', async () => {
    const { login } = corpusRecipe({ login: 'login/challenged' });
    const outcomes = dated(
      login.outcomes.map((entry) => (entry.is === 'challenged' ? { ...entry, is: 'mfa_required' } : entry)),
      'mfa_required',
    );
    expect((await run.login(await run.session(version2({}, { login: { ...login, outcomes } })))).outcome).toMatchObject({ kind: 'mfa_required', ...until });
  });

  it('a change: refused', async () => {
    const { change } = corpusRecipe({ change: 'change/too_long' });
    const session = await run.session(version2({}, { change: { ...change, outcomes: dated(change?.outcomes ?? [], 'refused') } }));
    await run.login(session);
    expect(await run.change(session)).toMatchObject({ kind: 'refused', rule: 'too_long', ...until });
  });

  it('a task: unavailable', async () => {
    const outcomes = [
      { when: { text: 'never' }, is: 'found' },
      { when: { text: 'never, either' }, is: 'nothing_found' },
      { when: { visible: { role: 'link', name: 'Sign out' } }, is: 'unavailable', ...inHalfAnHour },
    ];
    const work = { steps: [{ open: '/pages/home/-' }], outcomes, fields: { any: { in: { css: 'body' } } } };
    const session = await run.session(version2({}, { tasks: { work } }));
    await run.login(session);
    expect(await run.work(session)).toMatchObject({ kind: 'unavailable', ...until });
  });
});

it('a logout is waited for as long as the recipe says', async () => {
  const logout = {
    steps: [{ open: '/pages/slow-goodbye/-' }, { press: { role: 'link', name: 'Leave' } }],
    done: { text: 'You have signed out.' },
    deadline_ms: 30_000,
  };
  const session = await run.session(version2({}, { logout }));
  await run.login(session);
  await session.close();
  expect(run.portal.seen.map(({ url }) => url)).toContain('/answer/out');
});

it('nothing that came back holds a typed value', () => {
  expect(run.returned.length).toBeGreaterThan(5);
  expect(run.leaked()).toEqual([]);
});
