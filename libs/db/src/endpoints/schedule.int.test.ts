import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { finishAttempt } from '../journal/ends.ts';
import { acquireSharedLease } from '../leases/acquire.ts';
import { releaseLease } from '../leases/upkeep.ts';
import { beginLoginAttempt, finishLoginAttempt } from '../ledger/attempt.ts';
import { remainingBudget } from '../ledger/budget.ts';
import { identityOf, makeEndpoint, openTestDatabase, plannedAttempt, printOf, secretOf, type TestDatabase, type TestEndpoint } from '../testing.fixture.ts';
import { putOffRotation } from './put-off.ts';
import { findEndpoint } from './read.ts';
import { retireEndpoint } from './retire.ts';
import { WHY } from './retiring.fixture.ts';
import { bringRotationForward, liesElsewhere, listDueEndpoints, listSharedIdentities, passwordTooYoungUntil, setNextRotation } from './schedule.ts';

let t: TestDatabase;
beforeAll(async () => void (t = await openTestDatabase()));
afterAll(() => t.close());

describe('what is due', () => {
  const due = async (): Promise<string[]> => (await listDueEndpoints(t.rotator, { limit: 1000 })).map((e) => e.id);
  const past = (seconds: number): Date => new Date(Date.now() - seconds * 1000);
  beforeAll(() => setNextRotation(t.rotator, { endpointIds: 'all', at: new Date(Date.now() + 86_400_000) }));

  test('comes in the order in which it fell due, and only what has', async () => {
    const [a, b, c] = [await makeEndpoint(t.db), await makeEndpoint(t.db), await makeEndpoint(t.db)];
    await setNextRotation(t.rotator, { endpointIds: [b.endpointId], at: past(20) });
    await setNextRotation(t.rotator, { endpointIds: [a.endpointId], at: past(10) });
    expect(await due()).toEqual([b.endpointId, a.endpointId]);
    expect(await setNextRotation(t.rotator, { endpointIds: [c.endpointId, 'unknown'], at: 'now' })).toBe(1);
    expect(await due()).toEqual([b.endpointId, a.endpointId, c.endpointId]);
    await setNextRotation(t.rotator, { endpointIds: 'all', at: new Date(Date.now() + 86_400_000) });
  });

  test('is not what is rotated by hand, nor what has an open attempt', async () => {
    const manual = await makeEndpoint(t.db, { portal: { rotationMode: 'manual' } });
    const open = await makeEndpoint(t.db);
    await plannedAttempt(t.rotator, open);
    await setNextRotation(t.rotator, { endpointIds: [manual.endpointId, open.endpointId], at: past(1) });
    expect(await due()).toEqual([]);
  });

  test('is not an identity that lies in two organizations, or in one under two secrets: these are reported', async () => {
    const [across, within, shared] = [identityOf('across'), identityOf('within'), identityOf('shared')];
    // Even under one reference, which cannot be right: the organization alone decides.
    const secretArn = secretOf('left', 'across-1');
    await makeEndpoint(t.db, { orgId: 'left', endpointId: 'across-1', loginIdentity: across, secretArn });
    await makeEndpoint(t.db, { orgId: 'right', endpointId: 'across-2', loginIdentity: across, secretArn });
    await makeEndpoint(t.db, { orgId: 'left', endpointId: 'within-1', loginIdentity: within });
    await makeEndpoint(t.db, { orgId: 'left', endpointId: 'within-2', loginIdentity: within });
    await makeEndpoint(t.db, { orgId: 'left', endpointId: 'shared-1', loginIdentity: shared, secretArn: secretOf('left', 'shared-1') });
    await makeEndpoint(t.db, { orgId: 'left', endpointId: 'shared-2', loginIdentity: shared, secretArn: secretOf('left', 'shared-1') });
    await setNextRotation(t.rotator, { endpointIds: ['across-1', 'across-2', 'within-1', 'within-2', 'shared-1', 'shared-2'], at: past(1) });
    expect(await due()).toEqual(['shared-1']);
    const reported = await listSharedIdentities(t.rotator, { limit: 10 });
    expect(reported.map((r) => r.endpointIds)).toEqual(
      expect.arrayContaining([
        ['across-1', 'across-2'],
        ['within-1', 'within-2'],
      ]),
    );
    expect(reported).toHaveLength(2);
  });
});

describe('an expiry that the portal told of', () => {
  const dueAt = async (endpointId: string) => (await findEndpoint(t.rotator, { endpointId }))?.nextRotationAt?.getTime() ?? 0;
  const days = (n: number) => new Date(Date.now() + n * 86_400_000);

  test('brings the rotation forward to the head start before it, never back, seen by an agent', async () => {
    const { endpointId, orgId } = await makeEndpoint(t.db, { portal: { expiryHeadStartDays: 7 } });
    await setNextRotation(t.db, { endpointIds: [endpointId], at: days(50) });
    expect(await bringRotationForward(t.agent, { orgId, endpointId, expiresAt: days(30) })).toBe(true);
    expect(Math.abs((await dueAt(endpointId)) - days(23).getTime())).toBeLessThan(60_000);
    expect(await bringRotationForward(t.agent, { orgId, endpointId, expiresAt: days(40) })).toBe(false);
    expect(Math.abs((await dueAt(endpointId)) - days(23).getTime())).toBeLessThan(60_000);
  });

  test('does not rotate a short-lived password again and again', async () => {
    const { endpointId, orgId } = await makeEndpoint(t.db, { portal: { expiryHeadStartDays: 7 } });
    await setNextRotation(t.db, { endpointIds: [endpointId], at: days(50) });
    await t.sql(`UPDATE integration_endpoint SET last_rotated_at = now() WHERE id = $1`, [endpointId]);
    await bringRotationForward(t.agent, { orgId, endpointId, expiresAt: days(4) });
    expect(Math.abs((await dueAt(endpointId)) - days(2).getTime())).toBeLessThan(60_000);
  });

  test.each([
    ['put off', (on: TestEndpoint) => putOffRotation(t.rotator, { ...on, forMs: 86_400_000 })],
    [
      'failed',
      async (on: TestEndpoint) => {
        const attempt = await plannedAttempt(t.rotator, on);
        await finishAttempt(t.rotator, { ...attempt, orgId: on.orgId, from: 'planned', end: 'abandoned', dueAgainMs: 86_400_000 });
      },
    ],
  ])('does not shorten the cool-down of a rotation that was %s', async (_, rest) => {
    const on = await makeEndpoint(t.db);
    await setNextRotation(t.db, { endpointIds: [on.endpointId], at: 'now' });
    await rest(on);
    expect(await bringRotationForward(t.agent, { ...on, expiresAt: days(1) })).toBe(false);
    expect(Math.abs((await dueAt(on.endpointId)) - days(1).getTime())).toBeLessThan(60_000);
    await setNextRotation(t.db, { endpointIds: [on.endpointId], at: days(50) });
    expect(await bringRotationForward(t.agent, { ...on, expiresAt: days(1) })).toBe(true);
    expect(Math.abs((await dueAt(on.endpointId)) - days(1).getTime())).toBeLessThan(60_000);
  });

  test('is the former password’s where the login was rotated after it: a page that shows it for some time has nothing rotated again and again', async () => {
    const on = await makeEndpoint(t.db, { portal: { expiryHeadStartDays: 7 } });
    await setNextRotation(t.db, { endpointIds: [on.endpointId], at: days(50) });
    await t.sql(`UPDATE integration_endpoint SET last_rotated_at = now() WHERE id = $1`, [on.endpointId]);
    expect(await bringRotationForward(t.agent, { ...on, expiresAt: days(-0.5) })).toBe(false);
    expect(Math.abs((await dueAt(on.endpointId)) - days(50).getTime())).toBeLessThan(60_000);
    expect(await bringRotationForward(t.agent, { ...on, expiresAt: 'now' })).toBe(true);
  });

  test('is none of another organization’s business', async () => {
    const { endpointId } = await makeEndpoint(t.db);
    const { orgId } = await makeEndpoint(t.db);
    await setNextRotation(t.db, { endpointIds: [endpointId], at: days(50) });
    expect(await bringRotationForward(t.agent, { orgId, endpointId, expiresAt: days(1) })).toBe(false);
  });

  test('a portal type that expires passwords is due the head start before that, where its interval is longer', async () => {
    const { endpointId } = await makeEndpoint(t.db, { portal: { rotationIntervalDays: 60, passwordExpiresDays: 30, expiryHeadStartDays: 5 } });
    expect(Math.abs((await dueAt(endpointId)) - days(25).getTime())).toBeLessThan(60_000);
  });
});

test('a password is too young by its age, and by how often it was changed in 24 hours', async () => {
  const endpoint = await makeEndpoint(t.db);
  const until = async (leastHours: number, changesPerDay: number | null) => {
    const at = await passwordTooYoungUntil(t.rotator, { ...endpoint, leastHours, changesPerDay });
    return at === null ? null : Math.round((at.getTime() - Date.now()) / 3_600_000);
  };
  expect([await until(24, null), await until(0, 1)]).toEqual([null, null]);
  await t.sql(`UPDATE integration_endpoint SET last_rotated_at = now() - interval '2 hours' WHERE id = $1`, [endpoint.endpointId]);
  expect([await until(24, null), await until(0, 1), await until(0, 2), await until(30, 1), await until(0, null)]).toEqual([22, 22, null, 28, null]);
  for (const hours of [2, 20, 30]) {
    const { attemptId } = await plannedAttempt(t.db, endpoint);
    await t.sql(
      `UPDATE rotation_attempt SET state = 'done', promoted_version = '2', previous_version = '1', created_at = now() - interval '40 hours', ended_at = now() - make_interval(hours => $2) WHERE id = $1`,
      [attemptId, hours],
    );
    await t.sql(`DELETE FROM login_lease WHERE endpoint_id = $1`, [endpoint.endpointId]);
  }
  expect([await until(0, 1), await until(0, 2), await until(0, 3)]).toEqual([22, 4, null]);
});

test('a secret that two accounts have is rotated for neither: the other would be left with a wrong password', async () => {
  const one = await makeEndpoint(t.db);
  expect(await liesElsewhere(t.rotator, one)).toBe(false);
  const two = await makeEndpoint(t.db, { orgId: one.orgId, secretArn: one.secretArn });
  expect([await liesElsewhere(t.rotator, one), await liesElsewhere(t.rotator, two)]).toEqual([true, true]);
});

test('an account of two organizations has one count of failures and is rotated in neither; retired in one, the other has it with that count', async () => {
  const here = await makeEndpoint(t.db);
  const there = await makeEndpoint(t.db, { loginIdentity: here.loginIdentity });
  const left = async (on: TestEndpoint) => (await remainingBudget(t.rotator, on)).failuresLeft;
  const whole = await left(there);
  const held = await acquireSharedLease(t.agent, { ...here, holder: 'agent', ttlMs: 60_000 });
  if (!held.granted) throw new Error(held.reason);
  const asked = { ...here, leaseId: held.lease.id, actor: 'agent', version: '1', fingerprints: [printOf('wrong')] } as const;
  const begun = await beginLoginAttempt(t.agent, asked);
  if (!begun.allowed) throw new Error(begun.reason);
  await finishLoginAttempt(t.agent, { ...here, loginAttemptId: begun.loginAttemptId, outcome: 'rejected', effect: 'bad' });
  await releaseLease(t.agent, { ...here, leaseId: held.lease.id });
  expect([await left(here), await left(there)]).toEqual([whole - 1, whole - 1]);
  expect([await liesElsewhere(t.rotator, here), await liesElsewhere(t.rotator, there)]).toEqual([true, true]);
  expect(await retireEndpoint(t.another('rcm_operator'), here.endpointId, WHY)).toBe('retired');
  expect([await left(there), await liesElsewhere(t.rotator, there)]).toEqual([whole - 1, false]);
});
