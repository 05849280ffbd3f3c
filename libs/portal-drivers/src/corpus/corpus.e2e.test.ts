import { inspect } from 'node:util';
import { hasCode, RcmError, Secret } from '@rcm/telemetry';
import { isLongForm } from '@rcm/test-services';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { parseRecipe } from '../index.ts';
import { browserProcesses } from '../pool/browser-processes.fixture.ts';
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

describe('how a login ended', () => {
  const kinds = ['rejected', 'rejected_or_locked', 'locked', 'challenged', 'mfa_rejected', 'password_expired', 'change_forced', 'unavailable', 'accepted'];

  // On a change those that other words must never be taken for.
  it.each(isLongForm() ? kinds : ['rejected', 'locked', 'accepted'])('%s is told by the portal’s own words', async (kind) => {
    const result = await run.login(await loginAt(`login/${kind}`));
    expect([result.outcome.kind, result.submitted]).toEqual([kind, true]);
  });

  it('throttled says until when', async () => {
    const { outcome } = await run.login(await loginAt('login/throttled'));
    expect(outcome).toEqual({ kind: 'throttled', until: new Date('2031-03-31T08:05:00Z') });
  });

  it('words that no outcome knows are unknown', async () => {
    const result = await run.login(await loginAt('login/odd', { stepDeadlineMs: 800 }));
    expect(result).toMatchObject({ outcome: { kind: 'unknown' }, submitted: true });
  });

  it.each([
    ['drop', 'unavailable', 20_000],
    ['error', 'unavailable', 20_000],
    ['hang', 'unknown', 1_200],
  ])('after the submit, %s is %s, and the credentials were sent once', async (answer, kind, stepDeadlineMs) => {
    const result = await run.login(await loginAt(`login/${answer}`, { stepDeadlineMs }));
    expect([result.outcome.kind, result.submitted, run.posts()]).toEqual([kind, true, 1]);
  });

  it('accepted, though a notice came to lie over the page in the middle of the login', async () => {
    const cookies = { role: 'dialog', name: 'Cookies' };
    const interruptions = [{ shows: cookies, press: { role: 'button', name: 'Only necessary', within: cookies } }];
    const result = await run.login(await loginAt('late-notice/accepted', { interruptions, stepDeadlineMs: 5_000 }));
    expect([result.outcome.kind, run.posts()]).toEqual(['accepted', 1]);
    expect(run.traces).toContainEqual(expect.objectContaining({ act: 'login', step: 'interruption "Cookies"', outcome: 'done' }));
  });

  it('accepted, though a question stands between the submit and the portal’s words', async () => {
    const survey = { role: 'dialog', name: 'Survey' };
    const interruptions = [{ shows: survey, press: { role: 'button', name: 'Later', within: survey } }];
    const result = await run.login(await loginAt('asks-afterwards/-', { interruptions, stepDeadlineMs: 5_000 }));
    expect(result.outcome.kind).toBe('accepted');
  });

  it('accepted, though a frame of the page has failed long before its form stood', async () => {
    const result = await run.login(await loginAt('broken-frame/accepted', { stepDeadlineMs: 8_000 }));
    expect(result.outcome.kind).toBe('accepted');
  });

  it('unavailable, where a frame has failed and nothing else comes', async () => {
    const result = await run.login(await loginAt('broken-frame/never', { stepDeadlineMs: 800 }));
    expect(result).toMatchObject({
      outcome: { kind: 'unavailable', detail: expect.stringContaining('In a frame: The portal answered with status 500') },
      submitted: false,
    });
  });

  it('proves a password only where it was sent, whatever the page shows before', async () => {
    const proving = (login: string) => {
      const recipe = corpusRecipe({ login });
      const outcomes = recipe.login.outcomes.map((entry) => (entry.is === 'challenged' ? { ...entry, proves_password: true as const } : entry));
      return run.session({ ...recipe, login: { ...recipe.login, outcomes } });
    };
    expect(await run.login(await proving('closing/challenged'))).toEqual({ outcome: { kind: 'challenged' }, submitted: false });
    expect(await run.login(await proving('login/challenged'))).toEqual({ outcome: { kind: 'challenged', provesPassword: true }, submitted: true });
  });

  it('what lies over the button is told, and nothing was sent', async () => {
    const result = await run.login(await loginAt('late-notice/accepted', { stepDeadlineMs: 800 }));
    expect(result).toMatchObject({ outcome: { kind: 'unknown', detail: expect.stringContaining('something lies over it') }, submitted: false });
    expect(run.posts()).toBe(0);
  });

  const asksForCode = {
    afterSubmit: [
      {
        optional: {
          when: { visible: { label: 'Your code' } },
          steps: [{ totp: { into: { label: 'Your code' } } }, { press: { role: 'button', name: 'Verify' } }],
        },
      },
    ],
  };

  it('accepted, with a code that is asked for once and typed', async () => {
    let asked = 0;
    const result = await run.login(await loginAt('login/ask', asksForCode), { totp: async () => ((asked += 1), new Secret(CANARY.code)) });
    expect([result.outcome.kind, asked]).toEqual(['accepted', 1]);
    expect(run.portal.seen).toContainEqual(expect.objectContaining({ method: 'POST', url: '/answer/accepted', body: `code=${CANARY.code}` }));
  });

  it('accepted by a recipe without steps: what the page leaves to one reading, and a code in the end', async () => {
    const { outcomes } = corpusRecipe({}).login;
    const session = await run.session(parseRecipe({ version: 1, name: 'plain', login: { open: '/pages/login/ask', outcomes } }));
    const result = await run.login(session, { totp: async () => new Secret(CANARY.code) });
    expect([result.outcome.kind, run.posts()]).toEqual(['accepted', 2]);
    expect(run.portal.seen).toContainEqual(
      expect.objectContaining({
        method: 'POST',
        url: '/answer/ask',
        body: new URLSearchParams({ user: CANARY.username, pass: CANARY.password }).toString(),
      }),
    );
  });

  it('mfa_required, where the login has no seed', async () => {
    expect(await run.login(await loginAt('login/ask', asksForCode))).toEqual({ outcome: { kind: 'mfa_required' }, submitted: true });
  });

  it('unknown, but submitted, where no code could be had', async () => {
    const result = await run.login(await loginAt('login/ask', asksForCode), { totp: () => Promise.reject(new RcmError('deadline_exceeded', CANARY.code)) });
    expect(result).toMatchObject({ outcome: { kind: 'unknown', detail: expect.stringContaining('deadline_exceeded') }, submitted: true });
  });
});

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

describe('where a password can go', () => {
  it('no script of the page carries it to another origin', async () => {
    const result = await run.login(await loginAt('eavesdropper/-'));
    expect(result.outcome.kind).toBe('accepted');
    expect(run.thief.seen).toEqual([]);
    expect(new Set(run.blocked.map((one) => one.kind))).toEqual(expect.objectContaining(new Set(['fetch', 'image', 'websocket'])));
    expect(new Set(run.blocked.map((one) => one.origin.replace(/^tunnel to |^ws/, (start) => (start === 'ws' ? 'http' : 'http://'))))).toEqual(
      new Set([run.thief.origin]),
    );
  });

  it('no form of the portal’s own page carries it to another origin; what was stopped is told', async () => {
    const result = await run.login(await loginAt('form-elsewhere/-', { stepDeadlineMs: 3_000 }));
    expect(['unavailable', 'unknown']).toContain(result.outcome.kind);
    expect(run.thief.seen).toEqual([]);
    expect(run.blocked).toContainEqual({ origin: run.thief.origin, kind: 'document' });
  });

  it('no name of a host that was stopped tells it to whoever reads the report', async () => {
    const told = () => run.blocked.filter(({ origin }) => origin.includes('thief.example')).length;
    // Before the press: with the page its worker goes, which may not have called yet.
    await run.login(await loginAt('whisper/-'), { beforeSubmit: () => vi.waitFor(() => expect(told()).toBeGreaterThanOrEqual(2), { timeout: 10_000 }) });
    expect(told()).toBeGreaterThanOrEqual(2);
    expect(inspect(run.blocked)).toContain('[secret].thief.example');
    expect(inspect(run.blocked)).not.toContain(Buffer.from(CANARY.password).toString('hex'));
  });

  it('no host is reached that a recipe needs and its portal type does not declare', async () => {
    const recipe = { ...corpusRecipe({}), hosts: ['sign-in.example.test'] };
    await expect(run.session(recipe)).rejects.toSatisfy((error) => hasCode(error, 'recipe_invalid'));
  });

  it('no redirect carries the form to another origin', async () => {
    const result = await run.login(await loginAt('login/elsewhere'));
    expect(result.submitted).toBe(true);
    expect(['unavailable', 'unknown']).toContain(result.outcome.kind);
    expect(run.thief.seen).toEqual([]);
    expect(run.blocked).toContainEqual({ origin: run.thief.origin, kind: 'connection' });
  });

  it('no recipe opens another origin', async () => {
    const recipe = corpusRecipe({});
    const steps = [{ open: `${run.thief.origin}/pages/login/accepted` }, ...recipe.login.steps.slice(1)];
    const result = await run.login(await run.session({ ...recipe, login: { ...recipe.login, steps } }));
    expect(result.submitted).toBe(false);
    expect(run.thief.seen).toEqual([]);
  });
});

describe('how a change ended', () => {
  const answers = [
    ['applied', { kind: 'applied', submitted: true }, 20_000],
    ['too_long', { kind: 'refused', rule: 'too_long', submitted: true }, 20_000],
    ['out', { kind: 'unknown', submitted: true }, 1_500],
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
    expect(await run.change(session, () => Promise.reject(new Error('must not be asked')), totp)).toMatchObject({ kind: 'unknown', submitted: false });
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

describe('whatever happened', () => {
  it('no secret is in an outcome, a trace or an error', () => {
    expect(run.returned.length).toBeGreaterThan(20);
    expect(run.leaked()).toEqual([]);
  });
});
