import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { openPortals, type TestPortals } from '../../testing/portals.fixture.ts';
import { type Answer, Visitor } from '../../testing/visitor.fixture.ts';
import { lastingPorts } from '../../testing/ports.fixture.ts';

const [FIRST, SECOND] = ['Delta-First-Password-1', 'Delta-Second-Password-2'];

async function openDelta(portals: TestPortals) {
  await portals.control.seed({ portal: 'delta', username: 'anna', password: FIRST });
  const { baseUrl: provider, applications } = await portals.control.openProvider();
  const visitor = new Visitor(applications.claims.baseUrl);
  /** Types the user name and the password on the provider's pages, wherever these lead. */
  const signIn = async (asked: Answer, password = FIRST): Promise<Answer> => {
    const { search } = new URL(asked.path, provider);
    await visitor.postForm(`${provider}/sign-in/name${search}`, { _csrf: visitor.token, username: 'anna' });
    return visitor.postForm(`${provider}/sign-in/password${search}`, { _csrf: visitor.token, password });
  };
  const claims = () => visitor.get(`${applications.claims.baseUrl}/claims?number=CLM-1003`);
  const inquiry = () => visitor.get(`${applications.inquiry.baseUrl}/claims?number=`);
  return { provider, applications, visitor, signIn, claims, inquiry };
}

test('one sign-in at the provider opens each application at the page that was asked for', async () => {
  await using portals = await openPortals();
  const { provider, applications, signIn, claims, inquiry } = await openDelta(portals);
  expect(new Set([provider, ...Object.values(applications).map(({ baseUrl }) => baseUrl)]).size).toBe(3);
  const asked = await claims();
  expect(asked.path).toBe(`${provider}/sign-in?application=claims&to=${encodeURIComponent('/claims?number=CLM-1003')}`);
  expect(await signIn(asked)).toMatchObject({ path: '/claims?number=CLM-1003', text: expect.stringContaining('1 claims') });
  expect((await inquiry()).text).toContain('SIGNED ON AS anna');
  expect(await portals.control.account('delta', 'anna')).toMatchObject({ loginsAccepted: 1, loginsRejected: 0 });
});

test('leaving an application, and signing out at the provider, each end their own session', async () => {
  await using portals = await openPortals();
  const { provider, applications, visitor, signIn, claims, inquiry } = await openDelta(portals);
  await signIn(await claims());
  const leave = async (from: string, page: Promise<Answer>) => {
    await page;
    return visitor.postForm(`${from}/sign-out`, { _csrf: visitor.token });
  };
  expect((await leave(applications.claims.baseUrl, claims())).text).toContain('You are still signed in at Delta.');
  // By the provider's session alone, without a password.
  expect((await claims()).text).toContain('1 claims');
  expect((await leave(provider, visitor.get(`${provider}/`))).text).toContain('Applications that are open stay open.');
  expect((await claims()).text).toContain('1 claims');
  expect((await inquiry()).path).toContain(`${provider}/sign-in?application=inquiry`);
});

test('a change at the provider ends the sessions of applications, and the account is locked for all of them', async () => {
  await using portals = await openPortals();
  const { provider, visitor, signIn, claims, inquiry } = await openDelta(portals);
  await signIn(await claims());
  await visitor.get(`${provider}/password`);
  const changed = await visitor.postForm(`${provider}/password`, {
    ...{ _csrf: visitor.token, current_password: FIRST },
    ...{ new_password: SECOND, confirm_password: SECOND },
  });
  expect(changed.text).toContain('Your password has been changed.');
  expect(await portals.control.accepts('delta', 'anna', SECOND)).toBe(true);
  const [, session] = [...visitor.cookies].find(([name]) => name === 'delta_claims') ?? [];
  visitor.cookies.clear();
  visitor.cookies.set('delta_claims', session ?? '');
  expect((await claims()).path).toContain(`${provider}/sign-in`);
  const tries = [
    await signIn(await claims(), 'wrong'),
    await signIn(await inquiry(), 'wrong'),
    await signIn(await claims(), FIRST),
    await signIn(await inquiry(), SECOND),
  ];
  expect(tries.map(({ text }) => (/id="sign-in-error"[^>]*>([^<.]*)/.exec(text) ?? [])[1])).toEqual([
    'The user name or password is incorrect',
    'The user name or password is incorrect',
    'This account is locked',
    'This account is locked',
  ]);
});

test('a way back is good once, at its application, to a page of it', async () => {
  await using portals = await openPortals();
  const { provider, applications, visitor, signIn, claims } = await openDelta(portals);
  await signIn(await claims());
  const wayBack = async () => {
    const at = `${provider}/sign-in?application=claims&to=//thief.example`;
    const response = await fetch(at, { redirect: 'manual', headers: { cookie: [...visitor.cookies].map((pair) => pair.join('=')).join('; ') } });
    return response.headers.get('location') ?? '';
  };
  // What is no path of an application is not led to: the account's own page is.
  expect(await wayBack()).toBe('/');
  const asked = await fetch(`${provider}/sign-in?application=claims&to=/claims`, {
    redirect: 'manual',
    headers: { cookie: `delta_sso=${visitor.cookies.get('delta_sso') ?? ''}` },
  });
  const ticket = new URL(asked.headers.get('location') ?? '').searchParams.get('ticket') ?? '';
  const comesWith = async (site: string, to: string) => {
    const response = await fetch(`${site}/signed-in?${new URLSearchParams({ ticket, to }).toString()}`, { redirect: 'manual' });
    return response.headers.get('location');
  };
  expect(await comesWith(applications.inquiry.baseUrl, '/claims')).toBe('/');
  expect(await comesWith(applications.claims.baseUrl, '/claims')).toBe('/');
});

test('applications lead elsewhere once the provider has moved, and everything is where it was after a restart', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'demo-portals-'));
  const dataFile = join(folder, 'portals.db');
  const before = await openPortals({ dataFile, ports: await lastingPorts() });
  const { provider, applications, claims } = await openDelta(before);
  const moved = await before.control.openDoor('delta');
  await before.control.habits('delta', { movedTo: moved });
  expect((await claims()).path).toContain(`${moved}/sign-in?application=claims`);
  await before.demo.close();
  await using after = await openPortals({ dataFile });
  await vi.waitFor(async () => expect(await after.control.openProvider()).toEqual({ baseUrl: provider, applications }), { timeout: 10_000 });
  expect((await fetch(`${applications.claims.baseUrl}/claims`, { redirect: 'manual' })).headers.get('location')).toContain(`${moved}/sign-in`);
  await rm(folder, { recursive: true });
});
