import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { followStoreVersion } from '../endpoints/follow.ts';
import { findOpenRotation, getOpenAttempt, planRotation } from '../journal/open.ts';
import { acquireExclusiveLease, acquireSharedLease } from '../leases/acquire.ts';
import { releaseLease } from '../leases/upkeep.ts';
import { beginLoginAttempt, finishLoginAttempt } from '../ledger/attempt.ts';
import { remainingBudget } from '../ledger/budget.ts';
import { exclusiveLease, makeEndpoint, openTestDatabase, plannedAttempt, printOf, type TestDatabase, type TestEndpoint } from '../testing.fixture.ts';
import { reserveTotpStep } from '../totp.ts';

let t: TestDatabase;
beforeAll(async () => void (t = await openTestDatabase()));
afterAll(() => t.close());

/** One account at one portal, that a firm and a hospital both have in their books. */
let firm: TestEndpoint;
let hospital: TestEndpoint;
beforeEach(async () => {
  firm = await makeEndpoint(t.db);
  hospital = await makeEndpoint(t.db, { loginIdentity: firm.loginIdentity });
});

const shared = (endpoint: TestEndpoint, ttlMs = 60_000) => acquireSharedLease(t.agent, { ...endpoint, holder: 'agent', ttlMs });
const exclusive = (endpoint: TestEndpoint) => acquireExclusiveLease(t.rotator, { ...endpoint, holder: 'rotator', ttlMs: 60_000, wantMs: 0 });
async function rejected(endpoint: TestEndpoint, effect: 'none' | 'bad' = 'none'): Promise<void> {
  const lease = await shared(endpoint);
  if (!lease.granted) throw new Error(lease.reason);
  const begun = await beginLoginAttempt(t.agent, { ...endpoint, leaseId: lease.lease.id, actor: 'agent', version: '1', fingerprints: [printOf('theirs')] });
  if (!begun.allowed) throw new Error(begun.reason);
  await finishLoginAttempt(t.agent, { ...endpoint, loginAttemptId: begun.loginAttemptId, outcome: 'rejected', effect, coolDownMs: 3_600_000 });
}
/** Rows that an agent sees for one of the two. */
const seen = (table: string, { orgId }: TestEndpoint) =>
  t.agent.transaction({ tenant: orgId }, (tx) => tx.$queryRawUnsafe<object[]>(`SELECT org_id FROM ${table}`)).then((rows) => rows.length);

describe('one account of two organizations', () => {
  test('has one budget: each spends what the other has left, and sees no attempt of it', async () => {
    await rejected(firm);
    await rejected(hospital);
    for (const each of [firm, hospital]) expect((await remainingBudget(t.agent, each)).failuresLeft).toBe(1);
    await rejected(firm);
    expect((await remainingBudget(t.agent, hospital)).failuresLeft).toBe(0);
    expect([await seen('login_attempt', firm), await seen('login_attempt', hospital)]).toEqual([2, 1]);
  });

  test('a password that is bad for one is bad for the other; the version that it was says nothing: each has a secret of its own', async () => {
    await rejected(firm, 'bad');
    const lease = await shared(hospital);
    const ask = { ...hospital, leaseId: lease.granted ? lease.lease.id : '', actor: 'agent', version: '1' } as const;
    expect(await beginLoginAttempt(t.agent, { ...ask, fingerprints: [printOf('theirs')] })).toMatchObject({ reason: 'password_bad' });
    expect(await beginLoginAttempt(t.agent, { ...ask, fingerprints: [printOf('ours')] })).toMatchObject({ allowed: true });
  });

  test('is leased once: an exclusive lease of one keeps the other out, and its own from shared ones', async () => {
    const reader = await shared(firm);
    expect(await exclusive(hospital)).toEqual({ granted: false, reason: 'in_use' });
    expect(await seen('login_lease', hospital)).toBe(0);
    if (reader.granted) await releaseLease(t.agent, { ...firm, leaseId: reader.lease.id });
    expect(await exclusive(hospital)).toMatchObject({ granted: true });
    expect(await shared(firm)).toEqual({ granted: false, reason: 'exclusive_held' });
  });

  test('a lease that one left to expire is free for the other', async () => {
    await exclusive(firm);
    await t.sql(`UPDATE login_lease SET expires_at = clock_timestamp() WHERE org_id = $1`, [firm.orgId]);
    expect(await shared(hospital)).toMatchObject({ granted: true });
  });

  test('while one is rotated, the other waits, plans nothing of its own and sees no journal', async () => {
    const { attemptId, leaseId } = await plannedAttempt(t.rotator, firm);
    await releaseLease(t.rotator, { ...firm, leaseId });
    await t.sql(`UPDATE rotation_attempt SET state = 'submitting', submit_deadline_at = now() WHERE id = $1`, [attemptId]);
    expect(await shared(hospital)).toEqual({ granted: false, reason: 'rotation_open' });
    expect(await getOpenAttempt(t.rotator, hospital)).toBeNull();
    expect(await findOpenRotation(t.rotator, hospital)).toMatchObject({ mine: false });
    expect(await followStoreVersion(t.agent, { ...hospital, from: '1', to: '2' })).toBe(false);
    const lease = await exclusiveLease(t.rotator, hospital);
    const plan = {
      ...hospital,
      attemptId: crypto.randomUUID(),
      leaseId: lease.id,
      fence: lease.fence,
      owner: 'o',
      reason: 'due' as const,
      baseVersion: '1',
      recipeHash: 'h',
    };
    await expect(planRotation(t.rotator, plan)).rejects.toMatchObject({ code: 'state_conflict' });
  });

  test('no one-time code is used by both', async () => {
    const steps = [];
    for (const each of [firm, hospital]) steps.push(await reserveTotpStep(t.agent, { ...each, periodSeconds: 30, skew: 60 }));
    const [one, two] = steps.map((answer) => ('step' in answer ? answer.step : 0));
    expect(two).toBe((one ?? 0) + 1);
  });
});
