import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeEndpoint, openTestDatabase, type TestDatabase } from '../testing.fixture.ts';
import { type Account, BUDGET, Logins, rightAfter } from './account.fixture.ts';
import { clearLogin } from './clearance.ts';

let t: TestDatabase;
beforeAll(async () => void (t = await openTestDatabase()));
afterAll(() => t.close());
const logins = new Logins(() => t);

const WINDOW = { lockoutCounts: 'window', lockoutWindowSeconds: 900 } as const;
const NO_WINDOW = { lockoutCounts: 'consecutive', lockoutWindowSeconds: null, lockoutLastsSeconds: 600 } as const;
const UNLOCKED = { lockoutCounts: 'until_unlocked', lockoutWindowSeconds: null } as const;
const says = (on: Account, kind: 'unlocked' | 'retry') => clearLogin(t.rotator, { ...on, kind, actor: 'person:os:jane', reason: 'support has called back' });
const audited = (on: Account) =>
  t.sql(`SELECT actor, action, subject, reason FROM audit_event WHERE org_id = $1 AND action IN ('login.retry', 'login.unlocked') ORDER BY seq`, [on.orgId]);

describe('how a portal counts', () => {
  test.each([
    ['failures in a row, within a window', { lockoutCounts: 'consecutive', lockoutWindowSeconds: 900 }, { success: BUDGET, time: BUDGET, person: BUDGET }],
    ['failures in a row, for ever', NO_WINDOW, { success: BUDGET, time: 1, person: BUDGET }],
    ['failures in a window, whatever succeeds', WINDOW, { success: 1, time: BUDGET, person: BUDGET }],
    ['failures until somebody unlocks', UNLOCKED, { success: 1, time: 1, person: BUDGET }],
  ] as const)('%s', async (_, portal, left) => {
    const forgives = async (what: (on: Account) => Promise<unknown>) => {
      const on = await logins.account(portal);
      await logins.login(on, 'rejected');
      await logins.login(on, 'rejected');
      expect(await logins.left(on)).toBe(1);
      await what(on);
      return logins.left(on);
    };
    expect({
      success: await forgives((on) => logins.login(on, 'accepted')),
      time: await forgives((on) => logins.age(on, 1_000)),
      person: await forgives((on) => says(on, 'unlocked')),
    }).toEqual(left);
  });

  test('a puzzle is no failure in the portal’s words: it counts for a day where time forgives nothing, and a wrong password for ever', async () => {
    const on = await logins.account(NO_WINDOW);
    await logins.login(on, 'challenged');
    await logins.login(on, 'rejected');
    expect(await logins.left(on)).toBe(BUDGET - 2);
    await logins.age(on, 86_000);
    expect(await logins.left(on)).toBe(BUDGET - 2);
    await logins.age(on, 1_000);
    expect(await logins.left(on)).toBe(BUDGET - 1);
  });

  test('a login under two portal types is counted by the strictest of each, whichever of them it is used at', async () => {
    const one = await logins.account({ hosts: ['alpine.example'], lockoutThreshold: 6, lockoutMargin: 1, lockoutWindowSeconds: 600 });
    const two = await logins.leased(
      await makeEndpoint(t.db, {
        loginIdentity: one.loginIdentity,
        portal: { hosts: ['alpine.example'], ...WINDOW, lockoutThreshold: 3, lockoutMargin: 1, lockoutWindowSeconds: 1_800, lockoutCountsCodes: false },
      }),
    );
    expect([await logins.left(one), await logins.left(two)]).toEqual([2, 2]);
    await logins.login(one, 'mfa_rejected');
    await logins.login(two, 'accepted');
    // One of them counts codes, one is not moved by success, one forgets late.
    expect([await logins.left(one), await logins.left(two)]).toEqual([1, 1]);
    await logins.age(one, 1_000);
    expect(await logins.left(one)).toBe(1);
    await logins.age(one, 1_000);
    expect(await logins.left(one)).toBe(2);
  });

  test('and where one of them never forgets, none does', async () => {
    const one = await logins.account({ hosts: ['alpine.example'] });
    await logins.leased(await makeEndpoint(t.db, { loginIdentity: one.loginIdentity, portal: { hosts: ['alpine.example'], ...UNLOCKED } }));
    await logins.login(one, 'rejected');
    await logins.login(one, 'accepted');
    await logins.age(one, 100_000);
    expect(await logins.left(one)).toBe(BUDGET - 1);
  });

  test.each([
    [true, BUDGET - 1],
    [false, BUDGET],
  ])('a wrong one-time code, where the portal counts them: %s', async (lockoutCountsCodes, left) => {
    const on = await logins.account({ lockoutCountsCodes });
    await logins.login(on, 'mfa_rejected');
    expect(await logins.left(on)).toBe(left);
    await logins.login(on, 'rejected');
    expect(await logins.left(on)).toBe(left - 1);
  });

  test('a rotation is possible where three failures in a window lock', async () => {
    const on = await logins.account({ ...WINDOW, lockoutThreshold: 3, lockoutMargin: 1, lockoutWindowSeconds: 7_200 });
    expect(await logins.left(on)).toBe(2);
    for (let login = 0; login < 5; login += 1) await logins.login(on, 'accepted');
    expect(await logins.left(on)).toBe(2);
  });
});

describe('a lock', () => {
  test('lasts as long as its portal says, and nothing is tried meanwhile', async () => {
    const on = await logins.account({ lockoutLastsSeconds: 3_000 });
    await logins.login(on, 'locked');
    const [row] = await t.sql<{ ends: Date }>(`SELECT finished_at + interval '3000 s' AS ends FROM login_attempt WHERE login_identity = $1`, [
      on.loginIdentity,
    ]);
    expect(await logins.begin(on)).toEqual({ allowed: false, reason: 'locked', until: expect.toSatisfy(rightAfter(row?.ends)) as Date });
    await logins.age(on, 2_900);
    expect(await logins.begin(on)).toMatchObject({ reason: 'locked' });
    await logins.age(on, 200);
    expect(await logins.begin(on)).toMatchObject({ allowed: true });
  });

  test('lasts as long as the window where nothing else is said', async () => {
    const on = await logins.account();
    await logins.login(on, 'locked');
    await logins.age(on, 800);
    expect(await logins.begin(on)).toMatchObject({ reason: 'locked' });
    await logins.age(on, 200);
    expect(await logins.begin(on)).toMatchObject({ allowed: true });
  });

  test('without an end lasts until a person says that support has unlocked the account; a word about the password does not end it', async () => {
    const on = await logins.account({ lockoutLastsSeconds: null });
    await logins.login(on, 'locked');
    await logins.age(on, 10_000_000);
    expect(await logins.begin(on)).toEqual({ allowed: false, reason: 'locked', until: null });
    await says(on, 'retry');
    expect(await logins.begin(on)).toMatchObject({ reason: 'locked' });
    await says(on, 'unlocked');
    expect(await logins.begin(on)).toMatchObject({ allowed: true });
    expect(await audited(on)).toEqual(
      ['retry', 'unlocked'].map((kind) => ({ actor: 'person:os:jane', action: `login.${kind}`, subject: on.endpointId, reason: 'support has called back' })),
    );
  });

  test('of two portal types that share the login lasts the longer', async () => {
    const one = await logins.account({ hosts: ['alpine.example'], lockoutLastsSeconds: 600 });
    await logins.leased(await makeEndpoint(t.db, { loginIdentity: one.loginIdentity, portal: { hosts: ['alpine.example'], lockoutLastsSeconds: 2_000 } }));
    await logins.login(one, 'locked');
    await logins.age(one, 1_500);
    expect(await logins.begin(one)).toMatchObject({ reason: 'locked' });
    await logins.age(one, 1_000);
    expect(await logins.begin(one)).toMatchObject({ allowed: true });
  });

  test('is over when a login that began later gets in', async () => {
    const on = await logins.account({ lockoutLastsSeconds: null });
    await logins.login(on, 'locked');
    await t.sql(
      `INSERT INTO login_attempt (login_identity, org_id, endpoint_id, lease_id, actor, version, started_at, finished_at, outcome, effect)
       VALUES ($1, $2, $3, $4, 'person', '1', clock_timestamp(), clock_timestamp(), 'accepted', 'none')`,
      [on.loginIdentity, on.orgId, on.endpointId, on.leaseId],
    );
    expect(await logins.begin(on)).toMatchObject({ allowed: true });
  });

  test.each([
    ['in a row', { lockoutCounts: 'consecutive', lockoutWindowSeconds: 90_000, lockoutLastsSeconds: 600 }, BUDGET],
    ['in a row for ever', NO_WINDOW, BUDGET],
    ['in a window', { ...WINDOW, lockoutWindowSeconds: 90_000, lockoutLastsSeconds: 600 }, 0],
  ] as const)('that has ended forgives what led to it where failures count %s', async (_, portal, left) => {
    const on = await logins.account(portal);
    await logins.login(on, 'rejected');
    await logins.login(on, 'rejected');
    await logins.login(on, 'locked');
    await logins.age(on, 500);
    expect(await logins.left(on)).toBe(0);
    await logins.age(on, 200);
    expect(await logins.left(on)).toBe(left);
  });

  test('that ended forgives nothing that came after it', async () => {
    const on = await logins.account(NO_WINDOW);
    await logins.login(on, 'locked');
    await logins.age(on, 700);
    await logins.login(on, 'rejected');
    expect(await logins.left(on)).toBe(BUDGET - 1);
  });

  test('that a person ended does not forgive the login that is being made meanwhile', async () => {
    const on = await logins.account();
    const open = await logins.begin(on);
    await says(on, 'unlocked');
    expect(await logins.left(on)).toBe(BUDGET - 1);
    if (open.allowed) await logins.end(on, open.loginAttemptId, 'rejected');
    expect(await logins.left(on)).toBe(BUDGET - 1);
  });
});

describe('a time that a page shows', () => {
  const timeIn = async (seconds: number) => (await t.sql<{ at: Date }>(`SELECT clock_timestamp() + $1 * interval '1 s' AS at`, [seconds]))[0]?.at;

  test('is waited for', async () => {
    const on = await logins.account();
    const throttledUntil = await timeIn(600);
    await logins.login(on, 'throttled', { throttledUntil });
    expect(await logins.begin(on)).toEqual({ allowed: false, reason: 'throttled', until: expect.toSatisfy(rightAfter(throttledUntil)) as Date });
    await logins.age(on, 700);
    expect(await logins.begin(on)).toMatchObject({ allowed: true });
  });

  test('is believed for a day at most', async () => {
    const on = await logins.account();
    await logins.login(on, 'throttled', { throttledUntil: await timeIn(30 * 86_400) });
    await logins.age(on, 85_000);
    expect(await logins.begin(on)).toMatchObject({ reason: 'throttled' });
    await logins.age(on, 3_000);
    expect(await logins.begin(on)).toMatchObject({ allowed: true });
  });

  test('is over when a person says that the account is unlocked', async () => {
    const on = await logins.account();
    await logins.login(on, 'locked', { throttledUntil: await timeIn(3_000) });
    await says(on, 'unlocked');
    expect(await logins.begin(on)).toMatchObject({ allowed: true });
  });
});
