import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TenantStores } from '@rcm/credentials';
import { listLeases } from '@rcm/db/leases';
import { getOpenAttempt } from '@rcm/db/rotation';
import { isLongForm } from '@rcm/test-services';
import { dyingStores, openRotatorEnvironment, type RotatorEnvironment } from './testing.fixture.ts';
import { resultOf } from './schedule/rotation-outcome.ts';

let opened: RotatorEnvironment;
let next = 0;
const pool = ['alpine', 'cascade', 'borealis', ...Array.from({ length: 12 }, () => 'alpine' as const)] as const;

beforeAll(async () => {
  opened = await openRotatorEnvironment({ endpoints: pool, portalType: { propagationDelayMs: 200 } });
});
afterAll(() => opened?.close());

/** An endpoint that no other test uses. */
const fresh = () => {
  const found = opened.testEnvironment.endpoints.filter((e) => e.portal === 'alpine')[next++];
  if (!found) throw new Error('the test environment has no endpoint left');
  return found;
};

async function expectWhole(id: string, changes: number): Promise<void> {
  const { testEnvironment } = opened;
  const { orgId, portal, username, loginIdentity } = testEnvironment.endpoint(id);
  const account = await testEnvironment.portals.account(portal, username);
  expect(await testEnvironment.portalAcceptsStore(id)).toBe(true);
  expect(account).toMatchObject({ locked: false, passwordsChanged: changes });
  expect(await getOpenAttempt(testEnvironment.db, { orgId, loginIdentity })).toBeNull();
  expect((await listLeases(testEnvironment.db)).filter((lease) => lease.endpointId === id)).toEqual([]);
}

describe('a rotation at a healthy portal', () => {
  it.each(['alpine-1', 'cascade-2', 'borealis-3'])('changes %s without one rejected login', async (id) => {
    if (id === 'alpine-1') next = 1;
    const report = await opened.rotate(id, opened.patient);
    expect(resultOf(report)).toBe('done');
    await expectWhole(id, 1);
    const { portal, username } = opened.testEnvironment.endpoint(id);
    expect((await opened.testEnvironment.portals.account(portal, username)).loginsRejected).toBe(0);
  });
});

describe('a change whose answer is lost', () => {
  // Each way in which it may be lost is tried in the crash matrix, as is a death at each act.
  const lost = [
    ['500_before_commit', 1, 1],
    ['500_after_commit', 0, 1],
    ['drop_after_commit', 0, 1],
  ] as const;
  it.each(isLongForm() ? lost : lost.slice(0, 1))('%s: the portal tells by a login, and the same password is used', async (fault, rejected, changes) => {
    const { id, portal, username } = fresh();
    await opened.testEnvironment.portals.setFault({ portal, fault, count: 1 });
    const first = await opened.rotate(id);
    expect(resultOf(first)).toBe('waiting');
    const end = await opened.untilEnded(id);
    expect(resultOf(end)).toBe('done');
    await expectWhole(id, changes);
    expect((await opened.testEnvironment.portals.account(portal, username)).loginsRejected).toBe(rejected);
  });
});

describe('a rotator that dies', () => {
  const deaths = [
    ['promote', 'after'],
    ['stage', 'before'],
    ['stage', 'after'],
    ['promote', 'before'],
    ['discard', 'before'],
    ['discard', 'after'],
  ] as const;
  it.each(isLongForm() ? deaths : deaths.slice(0, 1))('at %s, %s it happened, leaves what the next one ends', async (step, when) => {
    const { id, portal, username } = fresh();
    // A copy goes when a rotation after its own is verified.
    const earlier = step === 'discard' ? 1 : 0;
    if (earlier === 1) expect(resultOf(await opened.rotate(id, opened.patient))).toBe('done');
    await expect(opened.rotate(id, { ...opened.patient, stores: dyingStores(opened.patient.stores, step, when) })).rejects.toThrow(`died ${when} ${step}`);
    const end = await opened.untilEnded(id);
    expect(resultOf(end)).toBe('done');
    await expectWhole(id, 1 + earlier);
    expect((await opened.testEnvironment.portals.account(portal, username)).loginsRejected).toBe(0);
  });
});

describe('a secret that somebody changes while its rotation is planned', () => {
  it('is not rotated on what was read before, and the message says why', async () => {
    const { id, portal, username } = fresh();
    const { stores } = opened.rotator;
    const edited: TenantStores = {
      close: () => stores.close(),
      forTenant(orgId) {
        const store = stores.forTenant(orgId);
        // An agent has read the edit, and the row follows it.
        const follow = () => opened.sql(`UPDATE integration_endpoint SET current_version = '99' WHERE id = $1`, [id]);
        return { ...store, listStaged: async (...asked) => follow().then(() => store.listStaged(...asked)) };
      },
    };
    await expect(opened.rotate(id, { ...opened.rotator, stores: edited })).rejects.toMatchObject({
      code: 'state_conflict',
      message: expect.stringContaining('changed while its rotation was to begin') as string,
    });
    expect((await opened.testEnvironment.portals.account(portal, username)).passwordsChanged).toBe(0);
    await opened.sql(`UPDATE integration_endpoint SET current_version = '1' WHERE id = $1`, [id]);
  });
});
