import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Account, byTurns, type Code, DemoRun, forever, nextPassword, wrong } from './demo-portals.fixture.ts';

let run: DemoRun;
beforeAll(async () => {
  run = await DemoRun.start();
});
afterEach(() => run.closeSessions());
afterAll(() => run.close());

describe('an expired password', () => {
  // Borealis has no form of its own for it: its recipe does the usual change.
  const KEPT = { alpine: { session: 'kept' }, borealis: {}, cascade: { session: 'ended' } };

  async function expired(portal: Code): Promise<Account> {
    const of = await run.account(portal);
    await run.control('POST', `/accounts/${portal}/${of.username}/expire`);
    return of;
  }

  it.each(byTurns('alpine', 'cascade'))('is changed in the session that met the demand, and the new one logs in: %s', async (portal) => {
    const of = await expired(portal);
    const session = await run.session(portal);
    expect(await run.login(session, of)).toEqual({ outcome: { kind: 'change_forced', provesPassword: true }, submitted: true });
    expect(await run.change(session, of, nextPassword(of).password)).toEqual({ kind: 'applied', submitted: true, ...KEPT[portal] });
    expect([await run.accepts(nextPassword(of)), await run.accepts(of)]).toEqual([true, false]);
    const fresh = await run.session(portal);
    expect((await run.login(fresh, nextPassword(of))).outcome.kind).toBe('accepted');
    expect(await run.control('GET', `/accounts/${portal}/${of.username}/history`)).toMatchObject({
      tries: [{ ended: 'accepted' }, { ended: 'accepted' }],
      passwordsChanged: 1,
    });
  });

  it.each(byTurns('cascade'))('shows behind the correct password only: %s', async (portal) => {
    const { outcome } = await run.login(await run.session(portal), wrong(await expired(portal)));
    expect(outcome.kind).toMatch(/^rejected/);
  });

  it.each(byTurns('alpine'))('may be refused a new password, and then takes another: %s', async (portal) => {
    const of = await expired(portal);
    const session = await run.session(portal);
    await run.login(session, of);
    expect(await run.change(session, of, of.password)).toEqual({ kind: 'refused', rule: 'reused', submitted: true });
    expect(await run.accepts(of)).toBe(true);
    expect(await run.change(session, of, nextPassword(of).password)).toMatchObject({ kind: 'applied' });
    expect(await run.accepts(nextPassword(of))).toBe(true);
  });

  it.each(byTurns('borealis'))('is unclear where the page fails after the change was made: %s', async (portal) => {
    const of = await expired(portal);
    const session = await run.session(portal);
    await run.login(session, of);
    await run.control('PUT', `/accounts/${portal}/${of.username}/faults`, { fault: '500_after_commit', count: 1 });
    expect(await run.change(session, of, nextPassword(of).password)).toMatchObject({ kind: 'unknown', submitted: true });
    expect(await run.accepts(nextPassword(of))).toBe(true);
  });
});

it('alpine goes on in the session of a forced change', async () => {
  const of = await run.account('alpine');
  await run.control('POST', `/accounts/alpine/${of.username}/expire`);
  const session = await run.session('alpine');
  await run.login(session, of);
  await run.change(session, of, nextPassword(of).password);
  expect(await session.isLoggedIn({ deadlineMs: 10_000, signal: forever() })).toBe(true);
  expect(await run.claim(session, 'CLM-1003')).toMatchObject({ kind: 'found' });
});
