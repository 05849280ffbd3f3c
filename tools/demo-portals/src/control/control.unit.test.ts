import { expect, test } from 'vitest';
import { GOOD, openPortals, SEED } from '../testing/portals.fixture.ts';

const [FIRST, SECOND] = GOOD.alpine;

test('the same account given twice stays as it is: sessions, wrong tries, history', async () => {
  await using portals = await openPortals();
  const account = { portal: 'borealis', username: 'anna', password: GOOD.borealis[0], mfaSeed: SEED } as const;
  expect(await portals.control.seed(account)).toBe('created');
  await portals.guest('borealis').login('anna', 'wrong');
  expect(await portals.control.seed(account)).toBe('unchanged');
  expect(await portals.control.account('borealis', 'anna')).toMatchObject({ failedAttempts: 1 });
});

test('another password replaces the account: unlocked, sessions ended, counts kept', async () => {
  await using portals = await openPortals();
  await portals.control.seed({ portal: 'alpine', username: 'anna', password: FIRST });
  const guest = portals.guest('alpine');
  await guest.login('anna', FIRST);
  for (let tries = 0; tries < 3; tries++) await portals.guest('alpine').login('anna', 'wrong');
  expect(await portals.control.seed({ portal: 'alpine', username: 'anna', password: SECOND })).toBe('replaced');
  expect(await guest.isIn()).toBe(false);
  expect(await portals.control.account('alpine', 'anna')).toMatchObject({
    locked: false,
    failedAttempts: 0,
    loginsRejected: 3,
    loginsAccepted: 1,
    accountsLocked: 1,
  });
  expect(await portals.guest('alpine').login('anna', SECOND)).toBe('in');
});

test('ifAbsent leaves an account alone whose password has been changed since', async () => {
  await using portals = await openPortals();
  await portals.control.seed({ portal: 'alpine', username: 'anna', password: FIRST });
  expect(await portals.control.seed({ portal: 'alpine', username: 'anna', password: SECOND, ifAbsent: true })).toBe('unchanged');
  expect(await portals.control.accepts('alpine', 'anna', FIRST)).toBe(true);
});

test('any password may be set, and is the one that is typed', async () => {
  await using portals = await openPortals();
  for (const password of ['Größe 😀 <b>&amp;"', ' ', 'x']) {
    await portals.control.seed({ portal: 'alpine', username: 'jürgen@klinik', password });
    expect(await portals.guest('alpine').login('jürgen@klinik', password)).toBe('in');
  }
});

test('asking whether a password is accepted counts nothing, and does not mind a lock', async () => {
  await using portals = await openPortals();
  await portals.control.seed({ portal: 'alpine', username: 'anna', password: FIRST });
  for (let tries = 0; tries < 3; tries++) await portals.guest('alpine').login('anna', 'wrong');
  const before = await portals.control.figures();
  expect([await portals.control.accepts('alpine', 'anna', FIRST), await portals.control.accepts('alpine', 'anna', 'wrong')]).toEqual([true, false]);
  expect(await portals.control.accepts('alpine', 'nobody', FIRST)).toBe(false);
  expect(await portals.control.figures()).toEqual(before);
});

test('cascade keeps user names in upper case, however they are given', async () => {
  await using portals = await openPortals();
  await portals.control.seed({ portal: 'cascade', username: 'anna', password: GOOD.cascade[0] });
  expect(await portals.control.accepts('cascade', 'ANNA', GOOD.cascade[0])).toBe(true);
  expect(await portals.guest('cascade').login('aNNa', GOOD.cascade[0])).toBe('in');
  expect(await portals.control.account('cascade', 'anna')).toMatchObject({ loginsAccepted: 1 });
});

test('figures are the sum of what happened at each portal', async () => {
  await using portals = await openPortals();
  for (const portal of ['alpine', 'cascade'] as const) await portals.control.seed({ portal, username: 'ANNA', password: GOOD[portal][0] });
  await portals.guest('alpine').login('ANNA', GOOD.alpine[0]);
  await portals.guest('alpine').login('nobody', 'x');
  const guest = portals.guest('cascade');
  await guest.login('ANNA', GOOD.cascade[0]);
  await guest.change(...GOOD.cascade);
  const none = { loginsAccepted: 0, loginsRejected: 0, mfaRejected: 0, accountsLocked: 0, passwordsChanged: 0, changesRefused: 0, mostFailures: 0 };
  expect(await portals.control.figures()).toEqual({
    ...{ ...none, loginsAccepted: 2, loginsRejected: 1, passwordsChanged: 1 },
    byPortal: {
      alpine: { ...none, loginsAccepted: 1, loginsRejected: 1 },
      borealis: none,
      cascade: { ...none, loginsAccepted: 1, passwordsChanged: 1 },
      delta: none,
    },
  });
});

test('what a web page sends is refused', async () => {
  await using portals = await openPortals();
  const account = { portal: 'alpine', username: 'anna', password: FIRST };
  const fromPages: Readonly<Record<string, string>>[] = [{ origin: 'http://evil.example' }, { 'sec-fetch-site': 'cross-site' }];
  for (const headers of fromPages) {
    expect((await portals.control.ask('POST', '/accounts', account, headers)).status).toBe(403);
  }
  expect((await portals.control.ask('GET', '/accounts/alpine/anna')).status).toBe(404);
});

test.each([
  ['POST', '/accounts', { portal: 'nowhere', username: 'a', password: 'b' }, 400],
  ['POST', '/accounts', { portal: 'alpine', username: '', password: 'b' }, 400],
  ['POST', '/accounts', { portal: 'borealis', username: 'a', password: 'b', mfaSeed: 'not base32!' }, 400],
  ['POST', '/accounts', { portal: 'alpine', username: 'a', password: 'b', mfa_seed: SEED }, 400],
  ['PUT', '/faults', { portal: 'alpine', fault: 'explode' }, 400],
  ['PUT', '/faults', { portal: 'alpine', fault: 'slow', delayMs: -1 }, 400],
  ['PUT', '/habits', { portal: 'alpine', habits: { oneSessionPerAccount: true } }, 400],
  ['GET', '/accounts/nowhere/anna', undefined, 404],
  ['GET', '/accounts/alpine/anna', undefined, 404],
  ['GET', '/nothing', undefined, 404],
  ['GET', '/accounts/alpine/anna/history', undefined, 404],
  ['POST', '/accounts/alpine/anna/mistype', undefined, 404],
  ['POST', '/accounts/alpine/anna/expire', undefined, 404],
  ['POST', '/clock/advance', { ms: -1 }, 400],
  ['POST', '/doors', { portal: 'nowhere' }, 400],
  ['PUT', '/habits', { portal: 'alpine', habits: { keepsFirst: 0 } }, 400],
  ['PUT', '/habits', { portal: 'alpine', habits: { lockout: { counts: 'window', threshold: 3, windowMs: null, lastsMs: 1, countsCodes: true } } }, 400],
  ['PUT', '/habits', { portal: 'alpine', habits: { lockout: { counts: 'until_unlocked', threshold: 3, windowMs: 1, lastsMs: 1, countsCodes: true } } }, 400],
])('%s %s %j is refused with a sentence', async (method, path, body, status) => {
  await using portals = await openPortals();
  expect(await portals.control.ask(method, path, body)).toEqual({ status, body: { error: expect.any(String) } });
});

test('a lock can be lifted', async () => {
  await using portals = await openPortals();
  await portals.control.seed({ portal: 'alpine', username: 'anna', password: FIRST });
  for (let tries = 0; tries < 3; tries++) await portals.guest('alpine').login('anna', 'wrong');
  await portals.control.ask('POST', '/accounts/alpine/anna/unlock');
  expect(await portals.guest('alpine').login('anna', FIRST)).toBe('in');
});
