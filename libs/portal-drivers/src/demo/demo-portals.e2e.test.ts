import { inspect } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { byTurns, DemoRun, MEANS, nextPassword, PASSWORDS, PATIENT_LOGOUT_MS, SEED, wrong } from './demo-portals.fixture.ts';

let run: DemoRun;
beforeAll(async () => {
  run = await DemoRun.start();
});
afterEach(() => run.closeSessions());
afterAll(() => run.close());

describe('a portal by its recipe', () => {
  it.each(byTurns('alpine', 'borealis', 'cascade'))('logs in, does the claim task, stays logged in and logs out at the end: %s', async (portal) => {
    const of = await run.account(portal);
    const session = await run.session(portal, { logoutMs: PATIENT_LOGOUT_MS });
    const { outcome, submitted } = await run.login(session, of);
    expect({ kind: outcome.kind, submitted }).toEqual({ kind: 'accepted', submitted: true });
    const { claims } = (await run.control('GET', `/accounts/${portal}/${of.username}/claims`)) as { claims: { number: string; status: string }[] };
    const found = await run.claim(session, 'CLM-1003');
    const claim = claims.find((one) => one.number === 'CLM-1003');
    expect(found).toMatchObject({ kind: 'found', rows: [{ claim_number: 'CLM-1003', status: MEANS[claim?.status ?? ''] }] });
    expect(await run.claim(session, 'NO-SUCH-CLAIM')).toEqual({ kind: 'nothing_found' });
    expect(await session.isLoggedIn({ deadlineMs: 10_000, signal: new AbortController().signal })).toBe(true);
    const before = run.traces.length;
    await session.close();
    const logout = run.traces.slice(before).filter((trace) => trace.act === 'logout');
    expect(logout.map((trace) => trace.outcome)).not.toContain('failed');
    // The control stands on the page that is open, and no page is loaded for it.
    expect(logout.map(({ step, outcome }) => [step.split(' ')[0], outcome])).toEqual([
      ['open', 'skipped'],
      ['press', 'done'],
    ]);
    expect(await run.control('GET', `/accounts/${portal}/${of.username}`)).toMatchObject({ loginsAccepted: 1, loginsRejected: 0 });
  });

  it.each(byTurns('cascade'))('returns every row of every page: %s', async (portal) => {
    const of = await run.account(portal);
    const session = await run.session(portal);
    await run.login(session, of);
    const found = await run.claim(session, 'CLM-10');
    expect(found.kind === 'found' && new Set(found.rows.map((row) => row.claim_number)).size).toBe(24);
  });

  it.each(byTurns('alpine', 'cascade'))('tells a rejected login, and the locked account: %s', async (portal) => {
    const of = await run.account(portal);
    const session = await run.session(portal);
    const kinds: string[] = [];
    for (let attempt = 0; attempt < (portal === 'borealis' ? 5 : 3); attempt += 1) kinds.push((await run.login(session, wrong(of))).outcome.kind);
    const [first, last] = portal === 'cascade' ? ['rejected_or_locked', 'rejected_or_locked'] : ['rejected', 'locked'];
    expect(kinds[0]).toBe(first);
    expect(kinds.at(-1)).toBe(last);
    expect(await run.control('GET', `/accounts/${portal}/${of.username}`)).toMatchObject({ locked: true });
  });

  it.each(byTurns('alpine', 'borealis', 'cascade'))('changes the password, the new one is accepted, the old one refused: %s', async (portal) => {
    const of = await run.account(portal);
    const session = await run.session(portal, { logoutMs: PATIENT_LOGOUT_MS });
    await run.login(session, of);
    expect(await run.change(session, of, nextPassword(of).password)).toEqual({ kind: 'applied', submitted: true });
    const before = run.traces.length;
    await session.close();
    // Borealis has ended the session with the change: there is nothing to press, and nothing is waited for.
    expect(run.traces.slice(before).map(({ outcome }) => outcome)).not.toContain('failed');
    expect([await run.accepts(nextPassword(of)), await run.accepts(of)]).toEqual([true, false]);
    const fresh = await run.session(portal);
    expect((await run.login(fresh, of)).outcome.kind).toMatch(/^rejected/);
  });

  it('takes no older answer for one where it is changed again and again in a session', async () => {
    const of = await run.account('cascade');
    const session = await run.session('cascade');
    await run.login(session, of);
    const [first, second] = [nextPassword(of), { ...of, password: `${nextPassword(of).password.slice(0, -1)}9` }];
    expect(await run.change(session, of, first.password)).toEqual({ kind: 'applied', submitted: true });
    expect(await run.change(session, first, first.password)).toEqual({ kind: 'refused', rule: 'reused', submitted: true });
    expect(await run.change(session, first, second.password)).toEqual({ kind: 'applied', submitted: true });
    expect([await run.accepts(second), await run.accepts(first)]).toEqual([true, false]);
  });

  it.each(byTurns('borealis'))('names the rule that a new password breaks, and leaves the old one in place: %s', async (portal) => {
    const of = await run.account(portal);
    const session = await run.session(portal);
    await run.login(session, of);
    expect(await run.change(session, of, `Aa1-${'x1'.repeat(60)}`)).toMatchObject({ kind: 'refused', rule: 'too_long' });
    expect(await run.change(session, of, of.password)).toEqual({ kind: 'refused', rule: 'reused', submitted: true });
    expect(await run.accepts(of)).toBe(true);
  });

  it.each(byTurns('borealis'))('says that the session ended, in a task and when asked: %s', async (portal) => {
    const of = await run.account(portal);
    const session = await run.session(portal);
    await run.login(session, of);
    // Setting the account anew ends its sessions.
    await run.control('POST', '/accounts', nextPassword(of));
    expect(await run.claim(session, 'CLM-1003')).toEqual({ kind: 'logged_out' });
    expect(await session.isLoggedIn({ deadlineMs: 10_000, signal: new AbortController().signal })).toBe(false);
  });

  const faults = [
    ['500_before_commit', 'unknown', false, 'borealis'],
    ['500_after_commit', 'unknown', true, 'cascade'],
    ['drop_after_commit', 'unknown', true, 'alpine'],
  ] as const;

  it.each(faults.flatMap(([fault, kind, committed, onChange]) => byTurns(onChange).map((portal) => [fault, kind, portal, committed] as const)))(
    'calls a change %s %s: %s',
    async (fault, kind, portal, committed) => {
      const of = await run.account(portal);
      // Where the connection is cut, the page says nothing that the recipe knows: this waits for the end of a step.
      const session = await run.session(portal, { stepDeadlineMs: 10_000 });
      await run.login(session, of);
      await run.control('PUT', '/faults', { portal, fault, count: 1 });
      const outcome = await run.change(session, of, nextPassword(of).password);
      await run.control('PUT', '/faults', { portal, fault: 'none' });
      expect(outcome.kind).toBe(kind);
      expect([await run.accepts(nextPassword(of)), await run.accepts(of)]).toEqual([committed, !committed]);
      const view = await run.control('GET', `/accounts/${portal}/${of.username}`);
      expect(view).toMatchObject({ passwordsChanged: committed ? 1 : 0, changesRefused: 0 });
    },
  );

  it.each(byTurns('cascade'))('calls maintenance unavailable, with nothing submitted: %s', async (portal) => {
    const of = await run.account(portal);
    const session = await run.session(portal);
    await run.control('PUT', '/faults', { portal, fault: 'maintenance' });
    const { outcome, submitted } = await run.login(session, of);
    await run.control('PUT', '/faults', { portal, fault: 'none' });
    expect([outcome.kind, submitted]).toEqual(['unavailable', false]);
  });

  it.each(byTurns('alpine'))('waits for a slow page: %s', async (portal) => {
    const of = await run.account(portal);
    const session = await run.session(portal);
    await run.control('PUT', '/faults', { portal, fault: 'slow', delayMs: 400 });
    const { outcome } = await run.login(session, of);
    await run.control('PUT', '/faults', { portal, fault: 'none' });
    expect(outcome.kind).toBe('accepted');
  });
});

describe('borealis', () => {
  it('asks for a code: without a seed the login is mfa_required, with a wrong code mfa_rejected', async () => {
    const of = await run.account('borealis');
    const { mfaSeed: _seed, ...seedless } = of;
    const session = await run.session('borealis');
    expect((await run.login(session, seedless)).outcome).toEqual({ kind: 'mfa_required', provesPassword: true });
    expect((await run.login(session, { ...of, mfaSeed: 'KRSXG5CTMVRXEZLUKRSXG5CTMVRXEZLU' })).outcome).toEqual({ kind: 'mfa_rejected', provesPassword: true });
  });

  it('tells the day on which the password expires', async () => {
    const session = await run.session('borealis');
    const { outcome } = await run.login(session, await run.account('borealis'));
    expect(outcome.kind === 'accepted' && outcome.passwordExpiresAt).toBeInstanceOf(Date);
  });
});

describe('alpine', () => {
  it('puts the cookie banner away', async () => {
    await run.control('PUT', '/habits', { portal: 'alpine', habits: { cookieBanner: 'always' } });
    const session = await run.session('alpine');
    expect((await run.login(session, await run.account('alpine'))).outcome.kind).toBe('accepted');
    await session.close();
    await run.control('PUT', '/habits', { portal: 'alpine', habits: { cookieBanner: 'sometimes' } });
  });
});

describe('whatever happened', () => {
  it('no secret is in anything that was returned or traced', () => {
    const everything = inspect([run.returned, run.traces], { depth: 10 }) + JSON.stringify([run.returned, run.traces]);
    expect(run.returned.length).toBeGreaterThan(30);
    for (const secret of [...Object.values(PASSWORDS).flat(), SEED, 'CANARYUSER', 'Wr0ng-Canary!']) expect(everything).not.toContain(secret);
  });
});
