import { isLongForm } from '@rcm/test-services';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ConfirmGuard } from '../driver.ts';
import { type BrowserPool, type PortalSession, readRecipeFile } from '../index.ts';
import { type Account, browserForAll, DemoRun, nextPassword, wrong } from './demo-portals.fixture.ts';

// Habits are set here, so every test has portals of its own.
let pool: BrowserPool;
let run: DemoRun;
let signIn = '';
beforeAll(() => {
  pool = browserForAll();
});
afterAll(() => pool.close());
beforeEach(async () => {
  run = await DemoRun.start({ pool });
  signIn = String((await run.control('POST', '/doors', { portal: 'alpine' })).baseUrl);
  await run.control('PUT', '/habits', {
    portal: 'alpine',
    habits: {
      cookieBanner: 'never',
      confirmsFirst: true,
      asksOpinion: true,
      claimsList: 'virtual',
      exports: true,
      signIn: { at: signIn, home: run.portals.portals.alpine.baseUrl },
    },
  });
});
afterEach(async () => {
  await run.closeSessions();
  await run.close();
});

const session = async (): Promise<PortalSession> =>
  run.session('alpine', { recipe: await readRecipeFile('alpine-guarded'), hosts: [{ host: new URL(signIn).host, address: 'loopback', name: 'idp' }] });

const tries = async ({ username }: Account): Promise<readonly string[]> =>
  ((await run.control('GET', `/accounts/alpine/${username}/history`)).tries as { ended: string }[]).map(({ ended }) => ended);

/** Notes what the portal had seen when it was asked, and what it was told. */
function watching(of: Account): ConfirmGuard & { readonly noted: unknown[] } {
  const noted: unknown[] = [];
  return {
    noted,
    before: async ({ counts }) => void noted.push({ counts, tries: await tries(of) }),
    after: async (result) => void noted.push(result),
  };
}

interface Claim {
  readonly number: string;
  readonly status: string;
  readonly amountCents: number;
  readonly serviceDate: string;
}

describe('alpine, which shows its claims in a list that is scrolled, and as files', () => {
  const task = async (visit: PortalSession, name: string, claimNumber: string) =>
    visit.runTask({ name, input: { claim_number: claimNumber }, deadlineMs: 60_000, signal: new AbortController().signal });
  const claimsOf = async ({ username }: Account) => (await run.control('GET', `/accounts/alpine/${username}/claims`)).claims as readonly Claim[];
  const money = (cents: number): string => (cents / 100).toFixed(2);

  it.each(isLongForm() ? ['virtual', 'scrolled'] : ['virtual'])('gives every claim of a list that is %s', async (claimsList) => {
    await run.control('PUT', '/habits', { portal: 'alpine', habits: { claimsList } });
    const of = await run.account('alpine');
    const visit = await session();
    await run.login(visit, of);
    const found = await task(visit, 'claim_status', 'CLM-');
    const claims = await claimsOf(of);
    expect(found).toMatchObject({
      kind: 'found',
      contract: 'claim_status',
      rows: claims.map(({ number, amountCents, serviceDate }) => ({
        claim_number: number,
        billed: { amount: money(amountCents), currency: 'USD' },
        service_date: serviceDate,
      })),
    });
    expect(await task(visit, 'claim_status', 'NO-SUCH-CLAIM')).toEqual({ kind: 'nothing_found' });
  });

  it.each(isLongForm() ? ['claims_csv', 'claims_excel'] : ['claims_excel'])('gives the same by %s', async (name) => {
    const of = await run.account('alpine');
    const visit = await session();
    await run.login(visit, of);
    const claims = (await claimsOf(of)).filter(({ number }) => number.startsWith('CLM-101'));
    const amount = (cents: number): string => (name === 'claims_csv' ? money(cents) : String(cents / 100));
    expect(await task(visit, name, 'CLM-101')).toEqual({
      kind: 'found',
      rows: claims.map((claim) => ({ claim_number: claim.number, status: claim.status, amount: amount(claim.amountCents), service_date: claim.serviceDate })),
    });
  });
});

describe('alpine, which asks for the current password first, and its sign-in elsewhere', () => {
  it('is logged in to and changed by its recipe; each password is told of before it leaves', async () => {
    const of = await run.account('alpine');
    const guard = watching(of);
    const visit = await session();
    expect((await run.login(visit, of)).outcome.kind).toBe('accepted');
    expect(await run.change(visit, of, nextPassword(of).password, { confirm: guard })).toMatchObject({ kind: 'applied', submitted: true });
    expect(guard.noted).toEqual([
      { counts: true, tries: ['accepted'] },
      { end: { kind: 'confirmed' }, submitted: true },
    ]);
    expect(await tries(of)).toEqual(['accepted', 'accepted']);
    expect((await run.login(await session(), nextPassword(of))).outcome.kind).toBe('accepted');
  });

  it('counts a wrong current password, and of the new one nothing is typed', async () => {
    const of = await run.account('alpine');
    const guard = watching(of);
    const visit = await session();
    await run.login(visit, of);
    expect(await run.change(visit, wrong(of), nextPassword(of).password, { confirm: guard })).toEqual({
      kind: 'refused',
      rule: 'current_wrong',
      submitted: false,
    });
    expect(guard.noted.at(-1)).toEqual({ end: { kind: 'refused', rule: 'current_wrong' }, submitted: true });
    expect([await tries(of), await run.accepts(of)]).toEqual([['accepted', 'wrong'], true]);
  });

  it('says until when the account is locked where a wrong one was too many', async () => {
    const of = await run.account('alpine');
    const guard = watching(of);
    const visit = await session();
    await run.login(visit, of);
    await run.control('POST', `/accounts/alpine/${of.username}/mistype`, { times: 2 });
    expect(await run.change(visit, wrong(of), nextPassword(of).password, { confirm: guard })).toMatchObject({ kind: 'unknown', submitted: false });
    expect(guard.noted.at(-1)).toEqual({ end: { kind: 'locked', until: expect.any(Date) }, submitted: true });
  });

  it('sees nothing of a password that is not allowed to leave', async () => {
    const of = await run.account('alpine');
    const visit = await session();
    await run.login(visit, of);
    const refusing: ConfirmGuard = { before: () => Promise.reject(new Error('no budget')), after: () => Promise.reject(new Error('nothing was sent')) };
    await expect(run.change(visit, of, nextPassword(of).password, { confirm: refusing })).rejects.toThrow('no budget');
    expect([await tries(of), await run.accepts(of)]).toEqual([['accepted'], true]);
  });

  it('ends the change where what became of it cannot be written down, before the new password is typed', async () => {
    const of = await run.account('alpine');
    const visit = await session();
    await run.login(visit, of);
    const failing: ConfirmGuard = { before: async () => undefined, after: () => Promise.reject(new Error('the database is gone')) };
    await expect(run.change(visit, of, nextPassword(of).password, { confirm: failing })).rejects.toThrow('the database is gone');
    expect(await run.accepts(of)).toBe(true);
  });

  it('says by its opinion that a new password will not do, and the old one holds', async () => {
    const of = await run.account('alpine');
    const visit = await session();
    await run.login(visit, of);
    expect(await run.change(visit, of, 'Sh0rt')).toEqual({ kind: 'refused', rule: 'too_short', submitted: true });
    expect(await run.accepts(of)).toBe(true);
  });

  it('is asked for the password once where it remembers that it was confirmed', async () => {
    const of = await run.account('alpine');
    const guard = watching(of);
    const visit = await session();
    await run.login(visit, of);
    expect(await run.change(visit, of, 'Sh0rt', { confirm: guard })).toMatchObject({ kind: 'refused', rule: 'too_short' });
    expect(await run.change(visit, of, nextPassword(of).password, { confirm: guard })).toMatchObject({ kind: 'applied' });
    expect([guard.noted.length, await tries(of)]).toEqual([2, ['accepted', 'accepted']]);
  });
});
