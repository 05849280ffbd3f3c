import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { acquireSharedLease } from '../leases/acquire.ts';
import { releaseLease } from '../leases/upkeep.ts';
import { makeEndpoint, openTestDatabase, type TestDatabase } from '../testing.fixture.ts';
import { type Account, BUDGET, Logins, rightAfter } from './account.fixture.ts';
import { beginLoginAttempt, checkLoginAttempt, finishLoginAttempt } from './attempt.ts';
import { mayBeLocked } from './budget.ts';
import { clearLogin } from './clearance.ts';

let t: TestDatabase;
beforeAll(async () => void (t = await openTestDatabase()));
afterAll(() => t.close());
const logins = new Logins(() => t);

describe('the budget', () => {
  test('is the threshold minus the margin; the attempt beyond it is not made', async () => {
    const on = await logins.account();
    for (let used = 0; used < BUDGET; used += 1) {
      expect(await logins.left(on)).toBe(BUDGET - used);
      await logins.login(on, 'rejected');
    }
    const answers = [await logins.begin(on), await checkLoginAttempt(t.agent, logins.ask(on))];
    expect(await logins.left(on)).toBe(0);
    // It is worth asking again when the oldest failure leaves the window.
    const [first] = await t.sql<{ leaves: Date }>(`SELECT min(finished_at) + interval '900 s' AS leaves FROM login_attempt WHERE login_identity = $1`, [
      on.loginIdentity,
    ]);
    for (const answer of answers)
      expect(answer).toEqual({ allowed: false, reason: 'budget_spent', until: expect.toSatisfy(rightAfter(first?.leaves)) as Date });
  });

  test.each(['rejected', 'rejected_or_locked', 'challenged', 'mfa_required', 'mfa_rejected', 'unavailable', 'unknown', 'throttled'] as const)(
    '%s counts',
    async (outcome) => {
      const on = await logins.account();
      await logins.login(on, outcome);
      expect(await logins.left(on)).toBe(BUDGET - 1);
    },
  );

  test.each(['not_submitted', 'password_expired', 'change_forced', 'accepted'] as const)('%s does not count', async (outcome) => {
    const on = await logins.account();
    await logins.login(on, outcome);
    expect(await logins.left(on)).toBe(BUDGET);
  });

  test('an accepted login wipes out the failures before it, an expired password does not', async () => {
    const on = await logins.account();
    await logins.login(on, 'rejected');
    await logins.login(on, 'rejected');
    await logins.login(on, 'password_expired');
    expect(await logins.left(on)).toBe(1);
    await logins.login(on, 'accepted');
    expect(await logins.left(on)).toBe(BUDGET);
    await logins.login(on, 'rejected');
    expect(await logins.left(on)).toBe(BUDGET - 1);
  });

  test('a failure that overlapped an accepted login still counts: the portal may have seen it last', async () => {
    const on = await logins.account();
    const early = await logins.begin(on);
    await logins.login(on, 'accepted');
    expect(await logins.left(on)).toBe(BUDGET - 1);
    if (early.allowed) await logins.end(on, early.loginAttemptId, 'rejected');
    expect(await logins.left(on)).toBe(BUDGET - 1);
  });

  test('a failure leaves with its window', async () => {
    const on = await logins.account();
    for (let used = 0; used < BUDGET; used += 1) await logins.login(on, 'rejected');
    await logins.age(on, 700);
    expect(await logins.begin(on)).toMatchObject({ reason: 'budget_spent' });
    await logins.age(on, 300);
    expect(await logins.left(on)).toBe(BUDGET);
    expect(await logins.begin(on)).toMatchObject({ allowed: true });
  });

  test('the window of a failure begins with its answer: the portal may have counted it only then', async () => {
    const on = await logins.account();
    const slow = await logins.begin(on);
    await logins.age(on, 300);
    if (slow.allowed) await logins.end(on, slow.loginAttemptId, 'rejected');
    await logins.age(on, 700);
    expect(await logins.left(on)).toBe(BUDGET - 1);
    await logins.age(on, 300);
    expect(await logins.left(on)).toBe(BUDGET);
  });

  test('one that is being made counts for as long as its lease lives, however long that is', async () => {
    const on = await logins.account();
    const slow = await logins.begin(on);
    await logins.age(on, 5_000);
    expect(await logins.left(on)).toBe(BUDGET - 1);
    if (slow.allowed) await logins.end(on, slow.loginAttemptId, 'rejected');
    expect(await logins.left(on)).toBe(BUDGET - 1);
  });

  test.each([
    ['time', (on: Account) => logins.age(on, 5_000)],
    ['an accepted login', async (on: Account) => void (await logins.login(await logins.leased(on), 'accepted'))],
  ])('an attempt without an outcome is held against the budget for a day, though %s has forgiven what failed', async (_, forgive) => {
    const on = await logins.account();
    await logins.begin(on);
    await releaseLease(t.agent, on);
    await logins.login(await logins.leased(on), 'rejected');
    expect(await logins.left(on)).toBe(BUDGET - 2);
    await forgive(on);
    // Its process may stand still, and send it yet.
    expect(await logins.left(on)).toBe(BUDGET - 1);
    await logins.age(on, 86_400);
    expect(await logins.left(on)).toBe(BUDGET);
  });

  test('such attempts never take the last place of a budget, and a person’s word that the account was unlocked frees theirs', async () => {
    const on = await logins.account();
    for (let died = 0; died < BUDGET; died += 1) await logins.begin(on);
    await releaseLease(t.agent, on);
    await logins.age(on, 5_000);
    expect(await logins.left(on)).toBe(1);
    const again = await logins.leased(on);
    await logins.login(again, 'rejected');
    expect(await logins.begin(again)).toMatchObject({ allowed: false, reason: 'budget_spent' });
    await clearLogin(t.rotator, { ...on, kind: 'unlocked', actor: 'person:os:jane', reason: 'support has called back' });
    expect(await logins.left(on)).toBe(BUDGET);
  });

  test('logins that are being made count too, and then it is worth asking again soon', async () => {
    const on = await logins.account();
    for (let open = 0; open < BUDGET; open += 1) await logins.begin(on);
    const refused = await logins.begin(on);
    const [clock] = await t.sql<{ soon: Date }>(`SELECT clock_timestamp() + interval '10 s' AS soon`);
    expect(refused).toMatchObject({ allowed: false, reason: 'budget_spent' });
    expect(!refused.allowed && refused.until && clock && refused.until < clock.soon).toBe(true);
  });

  test('of 30 askers at once, from 3 processes, exactly the budget is allowed', async () => {
    const on = await logins.account();
    const processes = [t.agent, t.another('rcm_agent'), t.rotator];
    const answers = await Promise.all(Array.from({ length: 30 }, (_, i) => beginLoginAttempt(processes[i % 3] ?? t.agent, logins.ask(on))));
    expect(answers.filter((answer) => answer.allowed)).toHaveLength(BUDGET);
  });

  test('is shared by every endpoint of the login, at the strictest of their limits', async () => {
    const one = await logins.account();
    const two = await makeEndpoint(t.db, { loginIdentity: one.loginIdentity, portal: { hosts: ['alpine.example'], lockoutThreshold: 2, lockoutMargin: 1 } });
    expect(await logins.left(one)).toBe(1);
    await logins.login(await logins.leased(two), 'rejected');
    expect(await logins.begin(one)).toMatchObject({ allowed: false, reason: 'budget_spent' });
  });

  test('may have locked the account when it is spent by more than one failure', async () => {
    const [on, narrow] = [await logins.account(), await logins.account({ lockoutThreshold: 2, lockoutMargin: 1 })];
    for (const expected of [false, false, true]) {
      await logins.login(on, 'rejected');
      expect(await mayBeLocked(t.agent, on)).toBe(expected);
    }
    await logins.login(narrow, 'rejected');
    expect(await mayBeLocked(t.agent, narrow)).toBe(false);
  });
});

describe('what else forbids a login', () => {
  test('one text for wrong and locked is read as locked once the threshold could have been reached', async () => {
    const on = await logins.account();
    for (let used = 0; used < BUDGET; used += 1) {
      await logins.login(on, 'rejected_or_locked');
      await logins.age(on, 100);
    }
    const [last] = await t.sql<{ leaves: Date }>(`SELECT max(finished_at) + interval '900 s' AS leaves FROM login_attempt WHERE login_identity = $1`, [
      on.loginIdentity,
    ]);
    expect(await logins.begin(on)).toEqual({ allowed: false, reason: 'locked', until: expect.toSatisfy(rightAfter(last?.leaves)) as Date });
  });

  test('a lease that expired, was given back, or is for another endpoint', async () => {
    const [on, other] = [await logins.account(), await logins.account()];
    expect(await logins.begin({ ...on, leaseId: other.leaseId })).toMatchObject({ reason: 'lease_lost' });
    await t.sql(`UPDATE login_lease SET expires_at = clock_timestamp() WHERE id = $1`, [on.leaseId]);
    expect(await logins.begin(on)).toMatchObject({ reason: 'lease_lost' });
    await releaseLease(t.agent, other);
    expect(await logins.begin(other)).toEqual({ allowed: false, reason: 'lease_lost', until: null });
  });

  test('a password without a fingerprint, or with one that is none', async () => {
    const on = await logins.account();
    for (const fingerprints of [[], ['right'], [`1:${'g'.repeat(64)}`], Array.from({ length: 5 }, () => `1:${'a'.repeat(64)}`)])
      await expect(logins.begin(on, { fingerprints })).rejects.toMatchObject({ code: 'input_invalid' });
    expect(await t.sql(`SELECT FROM login_attempt WHERE login_identity = $1`, [on.loginIdentity])).toEqual([]);
  });
});

describe('the end of an attempt', () => {
  test('the first word stands', async () => {
    const on = await logins.account();
    const loginAttemptId = await logins.login(on, 'rejected', { effect: 'bad' });
    await finishLoginAttempt(t.agent, { loginAttemptId, orgId: on.orgId, outcome: 'accepted', effect: 'none', proved: true });
    expect(await t.sql('SELECT outcome, effect, proved FROM login_attempt WHERE id = $1', [loginAttemptId])).toEqual([
      { outcome: 'rejected', effect: 'bad', proved: false },
    ]);
  });

  test('leaves no time where none was told', async () => {
    const on = await logins.account();
    await logins.login(on, 'accepted');
    expect(await t.sql('SELECT throttled_until, rests_until FROM login_attempt WHERE login_identity = $1', [on.loginIdentity])).toEqual([
      { throttled_until: null, rests_until: null },
    ]);
  });

  test('a shared lease is no reason to count twice: the same login of another lease is one account', async () => {
    const on = await logins.account();
    const second = await acquireSharedLease(t.agent, { ...on, holder: 'second', ttlMs: 60_000 });
    if (!second.granted) throw new Error(second.reason);
    await logins.login(on, 'rejected');
    await logins.login({ ...on, leaseId: second.lease.id }, 'rejected');
    expect(await logins.left(on)).toBe(BUDGET - 2);
  });
});
