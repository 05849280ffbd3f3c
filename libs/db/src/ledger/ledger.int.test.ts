import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { PortalTypeRow } from '../endpoints/endpoint.ts';
import { acquireSharedLease } from '../leases/acquire.ts';
import { releaseLease } from '../leases/upkeep.ts';
import { makeEndpoint, openTestDatabase, plannedAttempt, type TestDatabase, type TestEndpoint } from '../testing.fixture.ts';
import { beginLoginAttempt, checkLoginAttempt, finishLoginAttempt, type LoginAttemptEnd, type LoginAttemptRequest } from './attempt.ts';
import { remainingBudget } from './budget.ts';
import { versionStanding } from './standing.ts';

let t: TestDatabase;
beforeAll(async () => void (t = await openTestDatabase()));
afterAll(() => t.close());

/** Threshold 4 and margin 1: three failures of our own. */
const BUDGET = 3;

interface Account extends TestEndpoint {
  readonly leaseId: string;
}

/** An endpoint and a lease on it; `of`: what it has in common with another one. */
async function account(portal?: Partial<PortalTypeRow>, of: Partial<TestEndpoint> = {}): Promise<Account> {
  const endpoint = await makeEndpoint(t.db, { ...of, ...(portal ? { portal } : {}) });
  const answer = await acquireSharedLease(t.agent, { ...endpoint, holder: 'agent', ttlMs: 60_000 });
  if (!answer.granted) throw new Error(answer.reason);
  return { ...endpoint, leaseId: answer.lease.id };
}

const begin = (on: Account, ask: Partial<LoginAttemptRequest> = {}) =>
  beginLoginAttempt(t.agent, { leaseId: on.leaseId, endpointId: on.endpointId, orgId: on.orgId, actor: 'agent', version: '1', ...ask });
async function login(on: Account, outcome: LoginAttemptEnd['outcome'], rest: Partial<LoginAttemptEnd> & { readonly version?: string } = {}): Promise<string> {
  const { version, ...end } = rest;
  const answer = await begin(on, version ? { version } : {});
  if (!answer.allowed) throw new Error(answer.reason);
  await finishLoginAttempt(t.agent, { loginAttemptId: answer.loginAttemptId, orgId: on.orgId, outcome, effect: 'none', ...end });
  return answer.loginAttemptId;
}
const left = async (on: Account) => (await remainingBudget(t.agent, on)).failuresLeft;
const age = async (on: Account, seconds: number) => {
  const older = `- $2 * interval '1 s'`;
  await t.sql(`UPDATE login_attempt SET started_at = started_at ${older}, finished_at = finished_at ${older} WHERE login_identity = $1`, [
    on.loginIdentity,
    seconds,
  ]);
  await t.sql(`UPDATE integration_endpoint SET secret_taken_at = secret_taken_at ${older} WHERE login_identity = $1`, [on.loginIdentity, seconds]);
};

describe('the budget', () => {
  test('is the threshold minus the margin; the attempt beyond it is not made', async () => {
    const on = await account();
    for (let used = 0; used < BUDGET; used += 1) {
      expect(await left(on)).toBe(BUDGET - used);
      await login(on, 'rejected');
    }
    const refused = await begin(on);
    expect(refused).toMatchObject({ allowed: false, reason: 'budget_spent' });
    expect(await checkLoginAttempt(t.agent, { leaseId: on.leaseId, endpointId: on.endpointId, orgId: on.orgId, actor: 'agent', version: '1' })).toEqual(
      refused,
    );
    expect(await left(on)).toBe(0);
    // It is worth asking again when the oldest failure leaves the window.
    expect(!refused.allowed && refused.until && Math.abs(refused.until.getTime() - Date.now() - 900_000)).toBeLessThan(30_000);
  });

  test.each(['rejected', 'rejected_or_locked', 'challenged', 'mfa_required', 'mfa_rejected', 'unavailable', 'unknown'] as const)(
    '%s counts',
    async (outcome) => {
      const on = await account();
      await login(on, outcome);
      expect(await left(on)).toBe(BUDGET - 1);
    },
  );

  test.each(['not_submitted', 'password_expired', 'change_forced', 'accepted'] as const)('%s does not count', async (outcome) => {
    const on = await account();
    await login(on, outcome);
    expect(await left(on)).toBe(BUDGET);
  });

  test('an accepted login wipes out the failures before it, an expired password does not', async () => {
    const on = await account();
    await login(on, 'rejected');
    await login(on, 'rejected');
    await login(on, 'password_expired');
    expect(await left(on)).toBe(1);
    await login(on, 'accepted');
    expect(await left(on)).toBe(BUDGET);
    await login(on, 'rejected');
    expect(await left(on)).toBe(BUDGET - 1);
  });

  test('a failure that overlapped an accepted login still counts: the portal may have seen it last', async () => {
    const on = await account();
    const early = await begin(on);
    await login(on, 'accepted');
    if (early.allowed) await finishLoginAttempt(t.agent, { loginAttemptId: early.loginAttemptId, orgId: on.orgId, outcome: 'rejected', effect: 'none' });
    expect(await left(on)).toBe(BUDGET - 1);
  });

  test('a failure leaves with its window', async () => {
    const on = await account();
    for (let used = 0; used < BUDGET; used += 1) await login(on, 'rejected');
    await age(on, 700);
    expect(await begin(on)).toMatchObject({ reason: 'budget_spent' });
    await age(on, 300);
    expect(await left(on)).toBe(BUDGET);
    expect(await begin(on)).toMatchObject({ allowed: true });
  });

  test('an attempt whose process died counts as a failure, until a login that began later is accepted', async () => {
    const on = await account();
    await begin(on);
    await releaseLease(t.agent, on);
    expect(await left(on)).toBe(BUDGET - 1);
    const next = await acquireSharedLease(t.agent, { ...on, holder: 'next', ttlMs: 60_000 });
    if (!next.granted) throw new Error(next.reason);
    await login({ ...on, leaseId: next.lease.id }, 'accepted');
    expect(await left(on)).toBe(BUDGET);
  });

  test('logins that are being made count too, and then it is worth asking again soon', async () => {
    const on = await account();
    for (let open = 0; open < BUDGET; open += 1) await begin(on);
    const refused = await begin(on);
    expect(refused).toMatchObject({ allowed: false, reason: 'budget_spent' });
    expect(!refused.allowed && refused.until && refused.until.getTime() - Date.now()).toBeLessThan(10_000);
  });

  test('of 30 askers at once, from 3 processes, exactly the budget is allowed', async () => {
    const on = await account();
    const processes = [t.agent, t.another('rcm_agent'), t.rotator];
    const ask = { leaseId: on.leaseId, endpointId: on.endpointId, orgId: on.orgId, actor: 'agent', version: '1' } as const;
    const answers = await Promise.all(Array.from({ length: 30 }, (_, i) => beginLoginAttempt(processes[i % 3] ?? t.agent, ask)));
    expect(answers.filter((answer) => answer.allowed)).toHaveLength(BUDGET);
  });

  test('is shared by every endpoint of the login, at the strictest of their limits', async () => {
    const one = await account();
    const two = await makeEndpoint(t.db, { loginIdentity: one.loginIdentity, portal: { hosts: ['alpine.example'], lockoutThreshold: 2, lockoutMargin: 1 } });
    expect(await left(one)).toBe(1);
    const lease = await acquireSharedLease(t.agent, { ...two, holder: 'agent', ttlMs: 60_000 });
    if (!lease.granted) throw new Error(lease.reason);
    await login({ ...two, leaseId: lease.lease.id }, 'rejected');
    expect(await begin(one)).toMatchObject({ allowed: false, reason: 'budget_spent' });
  });
});

describe('what else forbids a login', () => {
  test('a version known to be bad is never tried again, whatever the budget; another one may be', async () => {
    const on = await account();
    await login(on, 'rejected', { effect: 'version_bad' });
    await login(on, 'accepted', { version: '2' });
    await age(on, 100_000);
    expect(await begin(on, { version: '1' })).toEqual({ allowed: false, reason: 'version_known_bad', until: null });
    expect(await begin(on, { version: '2' })).toMatchObject({ allowed: true });
  });

  test('"locked" blocks for the whole window after it', async () => {
    const on = await account();
    await login(on, 'locked');
    expect(await begin(on)).toMatchObject({ allowed: false, reason: 'locked' });
    await age(on, 700);
    expect(await begin(on)).toMatchObject({ reason: 'locked' });
    await age(on, 300);
    expect(await begin(on)).toMatchObject({ allowed: true });
  });

  test('one text for wrong and locked is read as locked once the threshold could have been reached', async () => {
    const on = await account();
    for (let used = 0; used < BUDGET; used += 1) await login(on, 'rejected_or_locked');
    await t.sql(
      `UPDATE login_attempt SET started_at = started_at - interval '800 s' WHERE id = (SELECT id FROM login_attempt WHERE login_identity = $1 ORDER BY started_at LIMIT 1)`,
      [on.loginIdentity],
    );
    const refused = await begin(on);
    expect(refused).toMatchObject({ allowed: false, reason: 'locked' });
    expect(!refused.allowed && refused.until && refused.until.getTime() - Date.now()).toBeGreaterThan(800_000);
  });

  test('a throttled login waits for the portal’s own time', async () => {
    const on = await account();
    const throttledUntil = new Date(Date.now() + 600_000);
    await login(on, 'throttled', { throttledUntil });
    expect(await begin(on)).toEqual({ allowed: false, reason: 'throttled', until: throttledUntil });
    await t.sql(`UPDATE login_attempt SET throttled_until = now() - interval '1 s' WHERE login_identity = $1`, [on.loginIdentity]);
    expect(await begin(on)).toMatchObject({ allowed: true });
  });

  test('a suspect version rests, another may be tried', async () => {
    const on = await account();
    await login(on, 'rejected', { effect: 'suspect', suspectUntilMs: 60_000 });
    const refused = await begin(on);
    expect(refused).toMatchObject({ allowed: false, reason: 'suspect_pause' });
    expect(!refused.allowed && refused.until && Math.abs(refused.until.getTime() - Date.now() - 60_000)).toBeLessThan(30_000);
    expect(await begin(on, { version: '2' })).toMatchObject({ allowed: true });
  });

  test('a lease that expired, was given back, or is for another endpoint', async () => {
    const [on, other] = [await account(), await account()];
    expect(await begin({ ...on, leaseId: other.leaseId })).toMatchObject({ reason: 'lease_lost' });
    await t.sql(`UPDATE login_lease SET expires_at = clock_timestamp() WHERE id = $1`, [on.leaseId]);
    expect(await begin(on)).toMatchObject({ reason: 'lease_lost' });
    await releaseLease(t.agent, other);
    expect(await begin(other)).toEqual({ allowed: false, reason: 'lease_lost', until: null });
  });
});

describe('the end of an attempt', () => {
  test('the first word stands', async () => {
    const on = await account();
    const loginAttemptId = await login(on, 'rejected', { effect: 'version_bad' });
    await finishLoginAttempt(t.agent, { loginAttemptId, orgId: on.orgId, outcome: 'accepted', effect: 'none' });
    expect(await t.sql('SELECT outcome, effect FROM login_attempt WHERE id = $1', [loginAttemptId])).toEqual([{ outcome: 'rejected', effect: 'version_bad' }]);
  });

  test('the standing of a version: accepted before, then suspect; fresh while its attempt is open', async () => {
    const on = await account();
    const known = { ...on, version: '1', settleMs: 1000 };
    expect(await versionStanding(t.agent, known)).toEqual({ fresh: false, acceptedBefore: false });
    await login(on, 'accepted');
    expect(await versionStanding(t.agent, known)).toEqual({ fresh: false, acceptedBefore: true });
    await login(on, 'rejected', { effect: 'suspect', suspectUntilMs: 0 });
    expect(await versionStanding(t.agent, known)).toEqual({ fresh: false, acceptedBefore: false });
    await releaseLease(t.agent, on);
    const { attemptId } = await plannedAttempt(t.rotator, on);
    expect(await versionStanding(t.agent, { ...known, version: `staged:${attemptId}` })).toMatchObject({ fresh: true });
  });
});

describe('what is known of a version', () => {
  const standing = (on: Account) => versionStanding(t.agent, { ...on, version: '1', settleMs: 1000 });

  test('is known of its own secret: another one of the same login counts its versions from one as well', async () => {
    const wrong = await account();
    const right = await account(undefined, { orgId: wrong.orgId, loginIdentity: wrong.loginIdentity });
    await login(right, 'accepted');
    expect([await standing(right), await standing(wrong)]).toMatchObject([{ acceptedBefore: true }, { acceptedBefore: false }]);
    await login(wrong, 'rejected', { effect: 'version_bad' });
    expect([await begin(wrong), await begin(right)]).toMatchObject([{ reason: 'version_known_bad' }, { allowed: true }]);
  });

  test('is known to every endpoint that shares the secret, but not of the one that it had before', async () => {
    const one = await account();
    const sharing = await account(undefined, { orgId: one.orgId, loginIdentity: one.loginIdentity, secretArn: one.secretArn });
    await login(one, 'rejected', { effect: 'suspect', suspectUntilMs: 60_000 });
    expect(await begin(sharing)).toMatchObject({ reason: 'suspect_pause' });
    for (const secretArn of [null, one.secretArn])
      await t.sql('UPDATE integration_endpoint SET secret_arn = $1 WHERE login_identity = $2', [secretArn, one.loginIdentity]);
    expect(await begin(sharing)).toMatchObject({ allowed: true });
  });

  test('is known of a staged password for good', async () => {
    const on = await account();
    await login(on, 'rejected', { effect: 'version_bad', version: 'staged:one' });
    for (const secretArn of [null, on.secretArn]) await t.sql('UPDATE integration_endpoint SET secret_arn = $1 WHERE id = $2', [secretArn, on.endpointId]);
    expect(await begin(on, { version: 'staged:one' })).toMatchObject({ reason: 'version_known_bad' });
  });
});
