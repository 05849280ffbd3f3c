import { inspect } from 'node:util';
import { hasCode, RcmError, Secret } from '@rcm/telemetry';
import { isLongForm } from '@rcm/test-services';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { parseRecipe } from '../index.ts';
import { corpusRecipe } from './corpus-recipe.fixture.ts';
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

  /** Takes the words for a challenge as those of another kind, which the portal shows only after a correct password. */
  const proving = (login: string, is: 'challenged' | 'mfa_required' | 'mfa_rejected' | 'password_expired' | 'change_forced') => {
    const recipe = corpusRecipe({ login });
    const outcomes = recipe.login.outcomes.map((entry) => (entry.is === 'challenged' ? { ...entry, is, proves_password: true as const } : entry));
    return run.session({ ...recipe, login: { ...recipe.login, outcomes } });
  };

  it('proves a password only where it was sent, whatever the page shows before', async () => {
    expect(await run.login(await proving('closing/challenged', 'challenged'))).toEqual({ outcome: { kind: 'challenged' }, submitted: false });
  });

  it.each(['challenged', 'mfa_required', 'mfa_rejected', 'password_expired', 'change_forced'] as const)('%s proves the password that was sent', async (is) => {
    expect(await run.login(await proving('login/challenged', is))).toEqual({ outcome: { kind: is, provesPassword: true }, submitted: true });
  });

  it('nothing is sent any more once the portal has refused, though its page tries again by itself and nobody has closed the session yet', async () => {
    const result = await run.login(await loginAt('insists/rejected'));
    expect([result.outcome.kind, run.posts()]).toEqual(['rejected', 1]);
    run.portal.tell();
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(run.posts()).toBe(1);
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

describe('whatever happened', () => {
  it('no secret is in an outcome, a trace or an error', () => {
    expect(run.returned.length).toBeGreaterThan(20);
    expect(run.leaked()).toEqual([]);
  });
});
