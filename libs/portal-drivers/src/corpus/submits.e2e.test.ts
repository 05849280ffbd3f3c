import { hasCode, RcmError, Secret } from '@rcm/telemetry';
import { isLongForm } from '@rcm/test-services';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { browserProcesses } from '../pool/browser-processes.fixture.ts';
import { WORDS } from './corpus.fixture.ts';
import { corpusRecipe } from './corpus-recipe.fixture.ts';
import { UNASKED } from './confirm.fixture.ts';
import { CANARY, CorpusRun } from './corpus-run.fixture.ts';

let run: CorpusRun;
beforeAll(async () => {
  run = await CorpusRun.start();
});
afterEach(() => run.clear());
afterAll(() => run.close());

const loginAt = (login: string, more = {}) => run.session(corpusRecipe({ login, ...more }));

describe('what was submitted', () => {
  it('nothing, where the portal cannot be reached', async () => {
    const alone = await CorpusRun.start();
    const session = await alone.session(corpusRecipe({}));
    await alone.portal.close();
    const result = await alone.login(session);
    await alone.close();
    expect(result).toMatchObject({ outcome: { kind: 'unavailable' }, submitted: false });
    expect(alone.leaked()).toEqual([]);
  });

  it('nothing, where the page has no such field', async () => {
    const result = await run.login(await loginAt('home/-', { stepDeadlineMs: 600 }));
    expect(result).toMatchObject({ outcome: { kind: 'unknown', detail: expect.stringContaining('User name') }, submitted: false });
  });

  it('nothing, and nobody is asked, where the form that was filled has been replaced by an empty one', async () => {
    const recipe = corpusRecipe({ change: 'replaced/applied' });
    const [press] = recipe.change?.steps.slice(-1) ?? [];
    const again = [{ press: { role: 'link', name: 'The form once more' } }, { wait: { visible: { css: '#again' } } }];
    const steps = [...(recipe.change?.steps.slice(0, -1) ?? []), ...again, ...(press ? [press] : [])];
    const session = await run.session({ ...recipe, change: { ...recipe.change, steps } as NonNullable<typeof recipe.change> });
    await run.login(session);
    const [before, asked] = [run.posts(), { times: 0 }];
    const outcome = await run.change(session, async () => void (asked.times += 1));
    expect({ outcome, asked: asked.times, posts: run.posts() - before }).toEqual({
      outcome: { kind: 'unknown', detail: expect.stringContaining('its field is empty'), submitted: false },
      asked: 0,
      posts: 0,
    });
  });

  it('nothing, where the form that was filled is replaced while the attempt is written down', async () => {
    const session = await run.session(corpusRecipe({ change: 'replaced/applied#late' }));
    await run.login(session);
    const before = run.posts();
    const outcome = await run.change(session, async () => {
      while (!run.portal.seen.some(({ url }) => url === '/came-again')) await new Promise((resolve) => setTimeout(resolve, 20));
    });
    // On a machine that is busy enough it comes before anybody was told, which the test above is about.
    expect(outcome).toMatchObject({ kind: 'unknown', submitted: false });
    expect(run.posts()).toBe(before);
  });

  it('nothing, and nobody is asked, where the page has come once more, empty, between the user name and the password', async () => {
    let asked = 0;
    const result = await run.login(await loginAt('reloads/rejected'), { beforeSubmit: async () => void (asked += 1) });
    expect([result, asked, run.posts()]).toEqual([
      { outcome: { kind: 'unknown', detail: expect.stringContaining('its field is empty') as string }, submitted: false },
      0,
      0,
    ]);
  });

  it('nothing, and nobody is asked, where the button cannot be pressed', async () => {
    let asked = 0;
    const result = await run.login(await loginAt('disabled/-', { stepDeadlineMs: 600 }), { beforeSubmit: async () => void (asked += 1) });
    expect([result.outcome.kind, result.submitted, asked, run.posts()]).toEqual(['unknown', false, 0, 0]);
  });

  it('nothing, where beforeSubmit throws; its error comes back', async () => {
    const session = await loginAt('login/accepted');
    const refusal = new RcmError('lease_lost', 'The lease is gone.');
    await expect(run.login(session, { beforeSubmit: () => Promise.reject(refusal) })).rejects.toBe(refusal);
    expect(run.posts()).toBe(0);
    await expect(run.login(session)).rejects.toSatisfy((error) => hasCode(error, 'portal_unexpected'));
  });

  it('nothing before beforeSubmit has come back, even where the page’s script sends each key', async () => {
    const session = await loginAt('telltale/-');
    let before: readonly string[] = [];
    const result = await run.login(session, {
      beforeSubmit: async () => {
        await new Promise((resolve) => setTimeout(resolve, 300));
        before = run.portal.seen.map((one) => `${one.method} ${one.url} ${one.body}`).filter((line) => line.includes('strength'));
      },
    });
    expect(before).toEqual([]);
    expect(result.outcome.kind).toBe('accepted');
  });

  it.each(['unavailable', 'throttled'])('nothing, then and later, where the portal says %s before the submit and its page has sent already', async (kind) => {
    const result = await run.login(await loginAt(`closing/${kind}`, { stepDeadlineMs: 3_000 }));
    expect([result.outcome.kind, result.submitted]).toEqual([kind, false]);
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(run.posts()).toBe(0);
  });

  it('nothing, where the signal aborts while beforeSubmit is awaited', async () => {
    const stop = new AbortController();
    const result = await run.login(await loginAt('login/accepted'), { signal: stop.signal, beforeSubmit: async () => stop.abort() });
    expect([result.outcome.kind, result.submitted, run.posts()]).toEqual(['unknown', false, 0]);
  });

  it.runIf(process.platform === 'linux')('everything, where the browser dies after the submit; the next login has a new one', async () => {
    const session = await loginAt('login/hang');
    const dying = run.login(session);
    await expect.poll(() => run.posts(), { timeout: 10_000 }).toBe(1);
    for (const pid of browserProcesses()) process.kill(pid, 'SIGKILL');
    const result = await dying;
    expect([result.outcome.kind, result.submitted]).toEqual(['unknown', true]);
    expect((await run.login(await loginAt('login/accepted'))).outcome.kind).toBe('accepted');
  });

  it('everything, where the signal aborts after the submit', async () => {
    const stop = new AbortController();
    const session = await loginAt('login/hang');
    const login = run.login(session, { signal: stop.signal });
    await expect.poll(() => run.posts(), { timeout: 10_000 }).toBe(1);
    stop.abort();
    const result = await login;
    expect([result.outcome.kind, result.submitted]).toEqual(['unknown', true]);
  });
});

describe('how a change ended', () => {
  const answers = [
    ['applied', { kind: 'applied', submitted: true }, 20_000],
    ['too_long', { kind: 'refused', rule: 'too_long', submitted: true }, 20_000],
    ['out', { kind: 'unknown', detail: expect.stringMatching(/ \(after the submit\)$/), submitted: true }, 1_500],
    ['drop', { kind: 'unknown', submitted: true }, 20_000],
    ['error', { kind: 'unknown', submitted: true }, 20_000],
    ['hang', { kind: 'unknown', submitted: true }, 1_500],
  ] as const;

  // What becomes of a login in each of these ways is tried above.
  it.each(answers.slice(0, isLongForm() ? answers.length : 4))('%s', async (answer, outcome, stepDeadlineMs) => {
    const session = await run.session(corpusRecipe({ change: `change/${answer}`, stepDeadlineMs }));
    expect(await run.change(session)).toMatchObject(outcome);
    expect(run.posts()).toBe(1);
  });

  it('unclear, where the portal shows its login page', async () => {
    const recipe = corpusRecipe({ change: 'change/out' });
    const session = await run.session({ ...recipe, session: { ...recipe.session, logged_out: { text: WORDS.out ?? '' } } });
    expect(await run.change(session)).toEqual({ kind: 'unknown', detail: 'The portal shows its login page (after the submit).', submitted: true });
  });

  it('by what is new on the page, not by words that stood there before', async () => {
    expect(await run.change(await run.session(corpusRecipe({ change: 'change-by-script/applied' })))).toEqual({ kind: 'applied', submitted: true });
  });

  it('with the code that its page asks for, typed before anything is sent', async () => {
    const session = await run.session(corpusRecipe({ change: 'change-with-code/applied', code: true }));
    expect(await run.change(session, undefined, async () => new Secret('c0de-4711'))).toEqual({ kind: 'applied', submitted: true });
    const [post] = run.portal.seen.filter(({ method }) => method === 'POST');
    expect(post?.body).toContain('code=c0de-4711');
  });

  const codeless = [
    ['has no code', null],
    ['has none left', async () => null],
    ['cannot be asked', () => Promise.reject(new Error('c0de-4711'))],
  ] as const;

  it.each(codeless.slice(isLongForm() ? 0 : 2))('not at all where its page asks for a code and the login %s', async (_, totp) => {
    const session = await run.session(corpusRecipe({ change: 'change-with-code/applied', code: true }));
    expect(await run.change(session, () => Promise.reject(new Error('must not be asked')), totp)).toMatchObject({
      kind: 'unknown',
      detail: expect.stringMatching(/ \(nothing was submitted\)$/),
      submitted: false,
    });
    expect(run.posts()).toBe(0);
  });

  it('refused without a submit where the field is too short for the new password', async () => {
    const recipe = corpusRecipe({});
    const session = await run.session(recipe);
    const outcome = await run.keep(
      session.changePassword({
        credential: { username: new Secret('u'), password: new Secret(CANARY.password), custom: {} },
        newPassword: new Secret(CANARY.newPassword.repeat(3)),
        totp: null,
        confirm: UNASKED,
        beforeSubmit: () => Promise.reject(new Error('must not be asked')),
        deadlineMs: 5_000,
        signal: new AbortController().signal,
      }),
    );
    expect(outcome).toEqual({ kind: 'refused', rule: 'too_long', submitted: false });
    expect(run.posts()).toBe(0);
  });
});

it('a new password that its page writes otherwise once the field is left is refused, and never sent', async () => {
  const outcome = await run.change(await run.session(corpusRecipe({ change: 'tidies/applied' })), () => Promise.reject(new Error('must not be asked')));
  expect([outcome, run.posts()]).toEqual([{ kind: 'refused', rule: 'rewritten', submitted: false }, 0]);
});

describe('whatever happened', () => {
  it('no secret is in an outcome, a trace or an error', () => {
    expect(run.returned.length).toBeGreaterThan(15);
    expect(run.leaked()).toEqual([]);
  });
});
