import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openTestDatabase, printOf, type TestDatabase } from '../testing.fixture.ts';
import { type Account, Logins, rightAfter } from './account.fixture.ts';
import { checkLoginAttempt } from './attempt.ts';
import { clearLogin } from './clearance.ts';
import { forgetPasswords, passwordTries } from './password.ts';

let t: TestDatabase;
beforeAll(async () => void (t = await openTestDatabase()));
afterAll(() => t.close());
const logins = new Logins(() => t);

const HOUR_MS = 3_600_000;
const refuse = (on: Account, effect: 'suspect' | 'bad', rest: { readonly password?: string; readonly version?: string; readonly coolDownMs?: number } = {}) =>
  logins.login(on, 'rejected', { effect, coolDownMs: HOUR_MS, ...rest });
/** What of an answer does not hang on the time. */
const reasonOf = async (on: Account, password: string, version = '1') => {
  const answer = await logins.with(on, password, version);
  return answer.allowed ? 'allowed' : answer.reason;
};
const says = (on: Account, kind: 'unlocked' | 'retry') => clearLogin(t.rotator, { ...on, kind, actor: 'person:os:jane', reason: 'it is right' });

describe('a refused password', () => {
  test.each(['suspect', 'bad'] as const)('that is %s cools down until its time, whatever the budget', async (effect) => {
    const on = await logins.account();
    await refuse(on, effect);
    const [row] = await t.sql<{ until: Date; seconds: number }>(
      `SELECT rests_until AS until, extract(epoch FROM rests_until - finished_at)::float8 AS seconds FROM login_attempt WHERE login_identity = $1`,
      [on.loginIdentity],
    );
    expect(Math.round(row?.seconds ?? 0)).toBe(3_600);
    const refused = { allowed: false, reason: `password_${effect}`, until: row?.until };
    expect(await logins.with(on, 'right')).toEqual(refused);
    expect(await checkLoginAttempt(t.agent, logins.ask(on))).toEqual(refused);
    await logins.age(on, 3_700);
    expect(await reasonOf(on, 'right')).toBe('allowed');
  });

  test('is known by what it is, not by its version: a secret that is made again counts from one', async () => {
    const on = await logins.account();
    await refuse(on, 'bad', { password: 'old', version: '1' });
    expect(await reasonOf(on, 'new', '1')).toBe('allowed');
    expect(await reasonOf(on, 'old', '2')).toBe('password_bad');
    expect(await reasonOf(on, 'old', `staged:${randomUUID()}`)).toBe('password_bad');
  });

  test('is known by either fingerprint while the key is changed, and by neither to whoever has the new key alone', async () => {
    const on = await logins.account();
    await refuse(on, 'bad', { password: 'old' });
    const asked = (...fingerprints: string[]) => logins.begin(on, { fingerprints });
    expect(await asked(printOf('old', '2'), printOf('old', '1'))).toMatchObject({ reason: 'password_bad' });
    const [first] = [await asked(printOf('new', '2'), printOf('new', '1'))];
    expect(first).toMatchObject({ allowed: true });
    expect(await t.sql('SELECT fingerprint FROM login_attempt WHERE id = $1', [first.allowed ? first.loginAttemptId : ''])).toEqual([
      { fingerprint: printOf('new', '2') },
    ]);
    expect(await asked(printOf('old', '2'))).toMatchObject({ allowed: true });
  });

  test('is known to every organization that has the login, and the row of it to none but its own', async () => {
    const firm = await logins.account();
    const hospital = await logins.account(undefined, { loginIdentity: firm.loginIdentity });
    await refuse(firm, 'bad', { password: 'old', version: '7' });
    expect(await reasonOf(hospital, 'old', '1')).toBe('password_bad');
    expect(await reasonOf(hospital, 'new', '7')).toBe('allowed');
    const seen = await t.agent.transaction({ tenant: hospital.orgId }, (tx) => tx.loginAttempt.count({ where: { loginIdentity: firm.loginIdentity } }));
    expect(seen).toBe(1);
  });

  test('is bad once it was called so, and suspect before', async () => {
    const on = await logins.account({ lockoutWindowSeconds: 600 });
    await refuse(on, 'suspect');
    await logins.age(on, 3_700);
    await refuse(on, 'bad');
    expect(await reasonOf(on, 'right')).toBe('password_bad');
  });

  test.each(['accepted', 'password_expired'] as const)('is free again when the portal shows that it is right: %s', async (outcome) => {
    const on = await logins.account();
    const slow = await logins.with(on, 'right');
    await refuse(on, 'bad');
    expect(await reasonOf(on, 'right')).toBe('password_bad');
    // Of two logins at once one was refused; the other, of the same password, began earlier: it proves nothing of what came after it.
    if (slow.allowed) await logins.end(on, slow.loginAttemptId, outcome, { proved: true });
    expect(await reasonOf(on, 'right')).toBe('password_bad');
    await logins.age(on, 3_700);
    await logins.login(on, outcome, { proved: true });
    await logins.age(on, -3_700);
    expect(await reasonOf(on, 'right')).toBe('allowed');
  });

  test.each(['retry', 'unlocked'] as const)('is free again when a person says %s, and what is refused after that is not', async (kind) => {
    const on = await logins.account();
    await refuse(on, 'bad');
    const slow = await logins.with(on, 'another');
    await says(on, kind);
    expect(await reasonOf(on, 'right')).toBe('allowed');
    if (slow.allowed) await logins.end(on, slow.loginAttemptId, 'rejected', { effect: 'bad', coolDownMs: HOUR_MS });
    expect(await reasonOf(on, 'another')).toBe('password_bad');
  });

  test('a word about a login leaves the budget as it is, unless support has unlocked the account', async () => {
    const on = await logins.account();
    for (let used = 0; used < 2; used += 1) await logins.login(on, 'rejected', { password: 'else' });
    await refuse(on, 'bad');
    await says(on, 'retry');
    expect(await logins.begin(on)).toMatchObject({ reason: 'budget_spent' });
    await says(on, 'unlocked');
    expect(await logins.begin(on)).toMatchObject({ allowed: true });
  });

  test('a word about a login that another organization has, too, holds for the account', async () => {
    const firm = await logins.account();
    const hospital = await logins.account(undefined, { loginIdentity: firm.loginIdentity });
    await refuse(firm, 'bad');
    await says(hospital, 'retry');
    expect(await reasonOf(firm, 'right')).toBe('allowed');
  });
});

describe('after its cool-down', () => {
  const LONG = { lockoutWindowSeconds: 90_000 };

  test('it is tried with a failure to spare, and not with the last one, which another password may have', async () => {
    const on = await logins.account(LONG);
    await refuse(on, 'bad');
    await logins.age(on, 3_700);
    expect(await logins.left(on)).toBe(2);
    expect(await reasonOf(on, 'right')).toBe('allowed');
    const [newest] = await t.sql<{ leaves: Date }>(
      `UPDATE login_attempt SET finished_at = clock_timestamp(), outcome = 'unknown', effect = 'none' WHERE login_identity = $1 AND outcome IS NULL
       RETURNING finished_at + interval '90000 s' AS leaves`,
      [on.loginIdentity],
    );
    expect(await logins.left(on)).toBe(1);
    expect(await logins.with(on, 'right')).toEqual({ allowed: false, reason: 'budget_spent', until: expect.toSatisfy(rightAfter(newest?.leaves)) as Date });
    expect(await reasonOf(on, 'another')).toBe('allowed');
  });

  test('it is tried with the whole budget, however small', async () => {
    const on = await logins.account({ lockoutThreshold: 2, lockoutMargin: 1 });
    await refuse(on, 'bad');
    await logins.age(on, 3_700);
    expect(await reasonOf(on, 'right')).toBe('allowed');
  });

  test('it is tried with what is left where no time makes the portal forget', async () => {
    const on = await logins.account({ lockoutCounts: 'until_unlocked', lockoutWindowSeconds: null });
    await logins.login(on, 'rejected', { password: 'another' });
    await refuse(on, 'bad');
    await logins.age(on, 3_700);
    expect(await logins.left(on)).toBe(1);
    expect(await reasonOf(on, 'right')).toBe('allowed');
  });
});

describe('tries of a password', () => {
  test('are counted since a moment of Postgres’s clock, judged or not', async () => {
    const on = await logins.account({ lockoutThreshold: 9 });
    await logins.login(on, 'rejected', { effect: 'provisional' });
    await logins.age(on, 1_000);
    await logins.login(on, 'rejected_or_locked', { effect: 'provisional' });
    await logins.login(on, 'unknown');
    const tries = async (since: Date, password = 'right') => passwordTries(t.rotator, { ...on, fingerprints: [printOf(password)], since });
    const { now } = await tries(new Date(0));
    const since = new Date(now.getTime() - 500_000);
    expect(await tries(new Date(0))).toMatchObject({ refusedSince: 2, refusals: 0, coolsDownUntil: null });
    expect(await tries(since)).toMatchObject({ refusedSince: 1 });
    expect(await tries(since, 'another')).toMatchObject({ refusedSince: 0, refusedLastAt: null });
  });
});

describe('passwords that are gone', () => {
  test('are forgotten, but for those that are named and what another organization tried', async () => {
    const firm = await logins.account({ lockoutThreshold: 9 });
    const hospital = await logins.account({ lockoutThreshold: 9 }, { loginIdentity: firm.loginIdentity });
    await refuse(firm, 'bad', { password: 'old' });
    await refuse(firm, 'bad', { password: 'kept' });
    await refuse(hospital, 'bad', { password: 'theirs' });
    expect(await forgetPasswords(t.rotator, { ...firm, keep: [printOf('kept'), printOf('unused')] })).toBe(1);
    expect(await forgetPasswords(t.rotator, { ...firm, keep: [printOf('kept')] })).toBe(0);
    expect([await reasonOf(firm, 'old'), await reasonOf(firm, 'kept'), await reasonOf(firm, 'theirs')]).toEqual(['allowed', 'password_bad', 'password_bad']);
    await expect(forgetPasswords(t.agent, { ...firm, keep: [] })).rejects.toMatchObject({ code: 'database_failed' });
  });
});
