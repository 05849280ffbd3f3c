import type { SeenRequest } from '@rcm/demo-portals';
import { isLongForm } from '@rcm/test-services';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type PortalSession, readRecipeFile } from '../index.ts';
import { type Account, DemoRun, forever, nextPassword, PASSWORDS, PATIENT_LOGOUT_MS, wrong } from './demo-portals.fixture.ts';

type Application = 'claims' | 'inquiry';

let run: DemoRun;
const seen: SeenRequest[] = [];
const at = { idp: '', claims: '', inquiry: '' };
beforeAll(async () => {
  run = await DemoRun.start({ onRequest: (request) => void seen.push(request) });
  const opened = (await run.control('POST', '/provider', {})) as { baseUrl: string; applications: Record<Application, { baseUrl: string }> };
  Object.assign(at, { idp: opened.baseUrl, claims: opened.applications.claims.baseUrl, inquiry: opened.applications.inquiry.baseUrl });
});
beforeEach(() => void (seen.length = 0));
afterEach(() => run.closeSessions());
afterAll(() => run.close());

const session = async (application: Application, more: { readonly logoutMs?: number } = {}): Promise<PortalSession> =>
  run.sessionAt(at[application], await readRecipeFile(`delta-${application}`), {
    hosts: [{ host: new URL(at.idp).host, address: 'loopback', name: 'idp' }],
    ...more,
  });
const facts = ({ username }: Account) => run.control('GET', `/accounts/delta/${username}`);
const isIn = (visit: PortalSession) => visit.isLoggedIn({ deadlineMs: 120_000, signal: forever() });

/** The hosts that were sent one of these texts, however a page writes it. */
const receivers = (texts: readonly string[]): string[] => {
  const forms = texts.flatMap((text) => [text, encodeURIComponent(text), new URLSearchParams({ '': text }).toString().slice(1)]);
  return [...new Set(seen.flatMap(({ host, path, headers, body }) => (forms.some((form) => (path + headers + body).includes(form)) ? [host] : [])))];
};

/** On a change one of the two, by turns. */
const by = (onChange: Application): readonly Application[] => (isLongForm() ? ['claims', 'inquiry'] : [onChange]);

describe('an application behind a provider at another host, by its recipe', () => {
  it.each(by('claims'))(
    'is logged in to, does its task, and is logged out of with the provider; the password goes to the provider alone: %s',
    async (application) => {
      const of = await run.account('delta');
      const visit = await session(application, { logoutMs: PATIENT_LOGOUT_MS });
      expect((await run.login(visit, of)).outcome).toEqual({ kind: 'accepted' });
      const { claims } = (await run.control('GET', `/accounts/delta/${of.username}/claims`)) as { claims: { number: string; amountCents: number }[] };
      const shown = claims.map(({ number, amountCents }) => ({ claim_number: number, billed: { amount: (amountCents / 100).toFixed(2), currency: 'USD' } }));
      expect(await run.claim(visit, 'CLM-')).toMatchObject({ kind: 'found', rows: shown });
      expect(await run.claim(visit, 'NO-SUCH-CLAIM')).toEqual({ kind: 'nothing_found' });
      const before = run.traces.length;
      await visit.close();
      expect(run.traces.slice(before).map(({ act, outcome }) => [act, outcome])).not.toContainEqual(['logout', 'failed']);
      expect(seen.filter(({ path }) => path === '/sign-out').map(({ host }) => host)).toEqual([at[application], at.idp].map((url) => new URL(url).host));
      expect(receivers([of.password])).toEqual([new URL(at.idp).host]);
      // The host of the provider is its own to the browser, too: its cookie went nowhere else.
      expect(seen.filter(({ headers }) => headers.includes('delta_sso=')).map(({ host }) => host)).not.toContain(new URL(at[application]).host);
      expect(await facts(of)).toMatchObject({ loginsAccepted: 1, loginsRejected: 0 });
    },
  );

  it.each(by('inquiry'))('has its password changed at the provider, where both the old and the new one go, and no further: %s', async (application) => {
    const of = await run.account('delta');
    const visit = await session(application);
    await run.login(visit, of);
    expect(await run.change(visit, wrong(of), nextPassword(of).password)).toEqual({ kind: 'refused', rule: 'current_wrong', submitted: true });
    expect(await run.change(visit, of, 'Short-1')).toEqual({ kind: 'refused', rule: 'too_short', submitted: true });
    expect(await run.change(visit, of, nextPassword(of).password)).toEqual({ kind: 'applied', session: 'kept', submitted: true });
    expect([await run.accepts(of), await run.accepts(nextPassword(of))]).toEqual([false, true]);
    expect(receivers(PASSWORDS.delta)).toEqual([new URL(at.idp).host]);
  });

  it.each(by('claims'))('tells a wrong password, the lock and until when it holds, and an expired password: %s', async (application) => {
    const of = await run.account('delta');
    const visit = await session(application);
    expect((await run.login(visit, wrong(of))).outcome).toEqual({ kind: 'rejected' });
    await run.control('POST', `/accounts/delta/${of.username}/mistype`, { times: 2 });
    expect((await run.login(await session(application), of)).outcome).toEqual({ kind: 'locked', until: expect.any(Date) });
    await run.control('POST', `/accounts/delta/${of.username}/unlock`);
    await run.control('POST', `/accounts/delta/${of.username}/expire`);
    expect((await run.login(await session(application), of)).outcome).toEqual({ kind: 'change_forced', provesPassword: true });
  });
});

describe('two applications of one provider', () => {
  it('are one account: what is wrong at one door counts at the other, and a change at one is a change of both', async () => {
    const of = await run.account('delta');
    await run.login(await session('claims'), wrong(of));
    await run.closeSessions();
    expect(await facts(of)).toMatchObject({ failedAttempts: 1 });
    const [claims, inquiry] = [await session('claims'), await session('inquiry')];
    for (const visit of [claims, inquiry]) expect((await run.login(visit, of)).outcome.kind).toBe('accepted');
    expect(await run.change(inquiry, of, nextPassword(of).password)).toMatchObject({ kind: 'applied' });
    expect(await run.claim(claims, 'CLM-1003')).toEqual({ kind: 'logged_out' });
    // In the browser of the change the provider's session goes on, and leads back without a password.
    expect([await isIn(claims), await isIn(inquiry)]).toEqual([false, true]);
    await run.closeSessions();
    expect((await run.login(await session('claims'), of)).outcome.kind).toBe('rejected');
    expect((await run.login(await session('claims'), nextPassword(of))).outcome.kind).toBe('accepted');
  });

  it('end as host_moved where they lead to a host that nobody has declared, which is sent nothing', async () => {
    const of = await run.account('delta');
    const { baseUrl } = await run.control('POST', '/doors', { portal: 'delta' });
    await run.control('PUT', '/habits', { portal: 'delta', habits: { movedTo: baseUrl } });
    const { host } = new URL(String(baseUrl));
    for (const application of ['claims', 'inquiry'] as const)
      expect(await run.login(await session(application), of)).toEqual({
        outcome: { kind: 'host_moved', host, detail: `the sign-in leads to ${host}, which is not a declared host` },
        submitted: false,
      });
    await run.control('PUT', '/habits', { portal: 'delta', habits: { movedTo: null } });
    expect(seen.map((request) => request.host)).not.toContain(host);
    expect(receivers([of.password])).toEqual([]);
  });
});
