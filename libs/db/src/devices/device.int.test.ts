import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Database } from '../database.ts';
import { retireEndpoint } from '../endpoints/retire.ts';
import { requestRotation } from '../journal/request.ts';
import { acquireSharedLease } from '../leases/acquire.ts';
import { releaseLease } from '../leases/upkeep.ts';
import { makeEndpoint, openTestDatabase, type TestDatabase, type TestEndpoint } from '../testing.fixture.ts';
import { deviceDates, deviceValidity, forgetDevice, noteDevice } from './device.ts';

const WHY = { actor: 'person:os:jane', reason: 'a laptop was stolen' };
let t: TestDatabase;
let operator: Database;
beforeAll(async () => {
  t = await openTestDatabase();
  operator = t.another('rcm_operator');
});
afterAll(() => t.close());

const attempt = '00000000-0000-4000-8000-000000000001';
/** Keeps a device under a lease of its own; returns the lease, which is over then. */
async function keep(on: TestEndpoint, act: 'kept' | 'dropped' = 'kept'): Promise<string> {
  const leased = await acquireSharedLease(t.agent, { ...on, holder: 'agent-1', ttlMs: 60_000 });
  if (!leased.granted) throw new Error(leased.reason);
  await noteDevice(t.agent, { ...on, act, leaseId: leased.lease.id, loginAttemptId: attempt });
  await releaseLease(t.agent, { ...on, leaseId: leased.lease.id });
  return leased.lease.id;
}
const eventsOf = ({ endpointId }: TestEndpoint) =>
  t.sql<{ action: string; actor: string; details: object }>(
    `SELECT action, actor, details FROM audit_event WHERE subject = $1 AND action LIKE 'login.device%' ORDER BY seq`,
    [endpointId],
  );

describe('a device', () => {
  it('is noted before it is kept, under a lease, with its event', async () => {
    const on = await makeEndpoint(t.db);
    expect(await deviceDates(t.agent, on)).toBeNull();
    const leaseId = await keep(on);
    expect(await deviceDates(t.agent, on)).toEqual({ keptAt: expect.any(Date) as Date, forgottenAt: null });
    expect(await eventsOf(on)).toEqual([{ action: 'login.device_kept', actor: 'agent-1', details: { process: 'agent-1', leaseId, loginAttemptId: attempt } }]);
    await expect(noteDevice(t.agent, { ...on, act: 'kept', leaseId, loginAttemptId: null })).rejects.toMatchObject({ code: 'lease_lost' });
    expect(await eventsOf(on)).toHaveLength(1);
  });

  it('is forgotten by a person’s word from the next moment on, whether one was kept or not', async () => {
    const on = await makeEndpoint(t.db);
    const before = await deviceValidity(t.agent, on);
    expect(before).toEqual({ now: expect.any(Date) as Date, forgottenAt: null, lastRotatedAt: null });
    await forgetDevice(t.rotator, { ...on, ...WHY });
    const { forgottenAt } = await deviceValidity(t.agent, on);
    expect(forgottenAt?.getTime()).toBeGreaterThanOrEqual(before.now.getTime());
    // A login that began before the word is of before, whenever it ends.
    await keep(on);
    expect((await deviceValidity(t.agent, on)).forgottenAt).toEqual(forgottenAt);
    expect((await eventsOf(on)).map(({ action, actor }) => [action, actor])).toEqual([
      ['login.device_forgotten', WHY.actor],
      ['login.device_kept', 'agent-1'],
    ]);
  });

  it('is forgotten in the transaction that asks for a rotation after a compromise, and by no other request', async () => {
    const on = await makeEndpoint(t.db);
    await requestRotation(t.rotator, { ...on, ...WHY, kind: 'demand' });
    expect((await deviceValidity(t.agent, on)).forgottenAt).toBeNull();
    await requestRotation(t.rotator, { ...on, ...WHY, kind: 'compromise' });
    expect((await deviceValidity(t.agent, on)).forgottenAt).toBeInstanceOf(Date);
  });

  it('is forgotten at every endpoint of the organization that stands for the account, and at no other organization’s', async () => {
    const on = await makeEndpoint(t.db);
    const twin = await makeEndpoint(t.db, { orgId: on.orgId });
    const [elsewhere, unlike] = [await makeEndpoint(t.db), await makeEndpoint(t.db, { orgId: on.orgId })];
    for (const { endpointId } of [twin, elsewhere])
      await t.sql('UPDATE integration_endpoint SET login_identity = $1 WHERE id = $2', [on.loginIdentity, endpointId]);
    await forgetDevice(t.rotator, { ...on, ...WHY });
    const forgotten = await Promise.all([on, twin, elsewhere, unlike].map(async (each) => (await deviceValidity(t.agent, each)).forgottenAt !== null));
    expect(forgotten).toEqual([true, true, false, false]);
  });

  it('is forgotten where the row names another secret, or none', async () => {
    const [moved, retired, untouched] = [await makeEndpoint(t.db), await makeEndpoint(t.db), await makeEndpoint(t.db)];
    for (const each of [moved, retired, untouched]) await keep(each);
    await t.sql(`UPDATE integration_endpoint SET secret_arn = secret_arn || 'x' WHERE id = $1`, [moved.endpointId]);
    expect(await retireEndpoint(operator, retired.endpointId, WHY)).toBe('retired');
    await t.sql(`UPDATE integration_endpoint SET secret_arn = secret_arn WHERE id = $1`, [untouched.endpointId]);
    const forgotten = await Promise.all([moved, retired, untouched].map(async (each) => (await deviceDates(t.agent, each))?.forgottenAt !== null));
    expect(forgotten).toEqual([true, true, false]);
  });

  it('is nobody’s where there is no such endpoint', async () => {
    const on = await makeEndpoint(t.db);
    const unknown = { orgId: on.orgId, endpointId: 'nobody' };
    await expect(forgetDevice(t.rotator, { ...unknown, ...WHY })).rejects.toMatchObject({ code: 'endpoint_unknown' });
    await expect(deviceValidity(t.agent, unknown)).rejects.toMatchObject({ code: 'endpoint_unknown' });
  });
});
