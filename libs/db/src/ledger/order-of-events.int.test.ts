import { type OwnClock, ownClock } from '@rcm/test-services';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { openTestDatabase, printOf, type TestDatabase } from '../testing.fixture.ts';
import { acceptedAnother } from './accepted-since.ts';
import { type Account, BUDGET, Logins } from './account.fixture.ts';
import { clearLogin } from './clearance.ts';

const HOUR_S = 3_600;
/** Only a login that gets in, or a person, makes this portal forget. */
const PORTAL = { lockoutCounts: 'consecutive', lockoutWindowSeconds: null, lockoutLastsSeconds: 60 } as const;

let t: TestDatabase;
let clock: OwnClock;
const logins = new Logins(() => t);
beforeAll(async () => {
  t = await openTestDatabase();
  clock = await ownClock(t.url);
});
afterEach(() => clock.setAhead(0));
afterAll(() => t.close());

/** A lease ends by Postgres's clock alone. */
const later = async (on: Account, outcome: 'rejected' | 'accepted' | 'locked') => logins.login({ ...on, leaseId: (await logins.leased(on)).leaseId }, outcome);
const unlocked = ({ orgId, endpointId }: Account) => clearLogin(t.rotator, { orgId, endpointId, kind: 'unlocked', actor: 'person:os:test', reason: 'called' });

/** Postgres's clock is an hour ahead while that happens, and set right after it. */
async function anHourAhead(happens: (on: Account) => Promise<unknown>): Promise<Account> {
  const on = await logins.account(PORTAL);
  await clock.setAhead(HOUR_S);
  await happens(on);
  await clock.setAhead(0);
  return on;
}

describe('what was noted an hour too late wipes out no failure that came after it:', () => {
  test.each<[what: string, happens: (on: Account) => Promise<unknown>]>([
    ['a login got in', (on) => later(on, 'accepted')],
    ['a person said that it was unlocked', unlocked],
  ])('%s', async (_, happens) => {
    const on = await anHourAhead(happens);
    expect(await logins.left(on)).toBe(BUDGET);
    for (let n = 1; n <= BUDGET; n += 1) {
      await later(on, 'rejected');
      expect(await logins.left(on)).toBe(BUDGET - n);
    }
  });

  test('a login failed that was begun before the clock was set right', async () => {
    const on = await logins.account(PORTAL);
    await clock.setAhead(HOUR_S);
    await later(on, 'accepted');
    const begun = await logins.begin({ ...on, leaseId: (await logins.leased(on)).leaseId });
    await clock.setAhead(0);
    if (!begun.allowed) throw new Error(begun.reason);
    await logins.end(on, begun.loginAttemptId, 'rejected');
    expect(await logins.left(on)).toBe(BUDGET - 1);
  });
});

const REFUSED = { effect: 'bad', coolDownMs: HOUR_S * 1_000 } as const;
const refused = async (on: Account) => logins.login({ ...on, leaseId: (await logins.leased(on)).leaseId }, 'rejected', REFUSED);
const tryAgain = ({ orgId, endpointId }: Account) => clearLogin(t.rotator, { orgId, endpointId, kind: 'retry', actor: 'person:os:test', reason: 'called' });

describe('a password that was refused cools down, though an hour too late it was noted that', () => {
  test.each<[what: string, happens: (on: Account) => Promise<unknown>]>([
    ['a login got in with it', (on) => later(on, 'accepted')],
    ['a person wants it tried again', tryAgain],
  ])('%s', async (_, happens) => {
    const on = await anHourAhead(happens);
    await refused(on);
    expect(await logins.begin({ ...on, leaseId: (await logins.leased(on)).leaseId })).toMatchObject({ allowed: false, reason: 'password_bad' });
    expect(await logins.left(on)).toBe(BUDGET - 1);
  });
});

describe('a refusal of a password is wiped out', () => {
  const isAllowed = async (on: Account) => (await logins.begin({ ...on, leaseId: (await logins.leased(on)).leaseId })).allowed;
  const forgetNumbers = (on: Account) => t.sql('UPDATE login_attempt SET begun_no = NULL, ended_no = NULL WHERE login_identity = $1', [on.loginIdentity]);

  test.each<[what: string, meanwhile: (on: Account) => Promise<unknown>]>([
    ['by what came after it by time and by number', () => Promise.resolve()],
    ['by time alone where an older process wrote it, which gave no number', forgetNumbers],
  ])('%s', async (_, meanwhile) => {
    const on = await logins.account(PORTAL);
    await refused(on);
    await meanwhile(on);
    expect(await isAllowed(on)).toBe(false);
    await tryAgain(on);
    expect(await isAllowed(on)).toBe(true);
  });
});

test('a lock is told of after a login got in, and holds', async () => {
  const on = await anHourAhead((it) => later(it, 'accepted'));
  await later(on, 'locked');
  expect(await logins.begin({ ...on, leaseId: (await logins.leased(on)).leaseId })).toMatchObject({ allowed: false, reason: 'locked' });
});

test('a lock that was told of before it does not hide one that was told of after it', async () => {
  const on = await anHourAhead(async (it) => {
    await later(it, 'locked');
    await logins.age(it, 120);
    await later(it, 'accepted');
  });
  await later(on, 'locked');
  expect(await logins.begin({ ...on, leaseId: (await logins.leased(on)).leaseId })).toMatchObject({ allowed: false, reason: 'locked' });
});

test('the last password that the portal took is the one of the login that began last, not of one an hour ahead', async () => {
  const took = async (on: Account, password: string) => logins.login({ ...on, leaseId: (await logins.leased(on)).leaseId }, 'accepted', { password });
  const on = await anHourAhead((it) => took(it, 'before'));
  await took(on, 'after');
  const asked = { ...on, since: new Date(Date.now() - 2 * HOUR_S * 1_000) };
  const isAnother = async (password: string) => acceptedAnother(t.rotator, { ...asked, fingerprints: [printOf(password)] });
  expect([await isAnother('after'), await isAnother('before')]).toEqual([false, true]);
});

describe('a failure is wiped out', () => {
  test('by what came after it by time and by number', async () => {
    const on = await logins.account(PORTAL);
    await later(on, 'rejected');
    await later(on, 'accepted');
    expect(await logins.left(on)).toBe(BUDGET);
    await later(on, 'rejected');
    await unlocked(on);
    expect(await logins.left(on)).toBe(BUDGET);
  });

  test('by time alone where an older process wrote it, which gave no number', async () => {
    const on = await logins.account(PORTAL);
    await later(on, 'rejected');
    await t.sql('UPDATE login_attempt SET begun_no = NULL, ended_no = NULL WHERE login_identity = $1', [on.loginIdentity]);
    expect(await logins.left(on)).toBe(BUDGET - 1);
    await later(on, 'accepted');
    expect(await logins.left(on)).toBe(BUDGET);
  });
});
