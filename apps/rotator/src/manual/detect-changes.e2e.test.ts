import { parsePayload, parseReference, serializePayload, type TenantStores } from '@rcm/credentials';
import { getEndpoint } from '@rcm/db';
import { withExclusiveLease } from '@rcm/db/holding';
import { listNotifications } from '@rcm/db/notifications';
import { markManualDue, setNextRotation } from '@rcm/db/rotation';
import { migratedEndpoint } from '@rcm/portal-access';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { leaseRequest } from '../lease-request.ts';
import { mendLogin } from '../mending/mend-login.ts';
import { setPortalType } from '../set-portal-type.fixture.ts';
import { openRotatorEnvironment, type RotatorEnvironment } from '../testing.fixture.ts';
import { detectManualChanges } from './detect-changes.ts';

let opened: RotatorEnvironment;
beforeAll(async () => {
  opened = await openRotatorEnvironment({ endpoints: ['borealis', 'cascade', 'cascade'], portalType: { propagationDelayMs: 200 } });
});
afterAll(() => opened?.close());

describe('a portal that people rotate', () => {
  const looks = { reads: 10, dueMs: 0, idleMs: 0, signal: new AbortController().signal };

  /** As an operator does it: the portal first (or not), then the store. */
  async function changeByHand(id: string, password: string, atPortal = password): Promise<void> {
    const { portal, username, orgId, secretArn } = opened.testEnvironment.endpoint(id);
    await opened.testEnvironment.portals.createAccount({ portal, username, password: atPortal, mfaSeed: 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP' });
    const store = opened.rotator.stores.forTenant(orgId);
    const current = await store.read(parseReference(secretArn));
    if (!current) throw new Error('no secret');
    const text = serializePayload(parsePayload(current.text).map((payload) => ({ ...payload, password })));
    await store.replace(parseReference(secretArn), text, current.version);
  }

  it('is told once when it is due; a change is noticed, proved by one login and recorded; a wrong one is told once and cools down', async () => {
    const id = 'borealis-1';
    const { orgId, portal, username } = opened.testEnvironment.endpoint(id);
    // A refused password cools down for as long as the portal may not know it yet: longer than a busy machine takes to look again.
    await setPortalType(opened.testEnvironment, 'borealis', { rotationMode: 'manual', propagationDelayMs: 3_600_000 });
    await setNextRotation(opened.testEnvironment.db, { endpointIds: [id], at: 'now' });
    expect([await markManualDue(opened.rotator.db), await markManualDue(opened.rotator.db)]).toEqual([1, 0]);
    expect(await detectManualChanges(opened.rotator, looks)).toEqual([{ endpointId: id, result: 'unchanged' }]);

    await changeByHand(id, 'Hand-Made-Pass-1!', 'Other-At-Portal-1!');
    expect(await detectManualChanges(opened.rotator, looks)).toEqual([{ endpointId: id, result: 'refused' }]);
    expect(await detectManualChanges(opened.rotator, looks)).toEqual([{ endpointId: id, result: 'put_off' }]);
    expect((await opened.testEnvironment.portals.account(portal, username)).loginsRejected).toBe(1);

    await changeByHand(id, 'Hand-Made-Pass-2!');
    expect(await detectManualChanges(opened.rotator, looks)).toEqual([{ endpointId: id, result: 'recorded' }]);
    const endpoint = await getEndpoint(opened.testEnvironment.db, { orgId, endpointId: id });
    expect(endpoint).toMatchObject({ currentVersion: '3', rotationStatus: 'active' });
    expect(endpoint?.nextRotationAt?.getTime()).toBeGreaterThan(Date.now() + 30 * 86_400_000);
    expect(await detectManualChanges(opened.rotator, looks)).toEqual([{ endpointId: id, result: 'unchanged' }]);
    // The ledger forgets the password that was replaced, which is in no store any more; that it was refused, it knows.
    const known = await opened.sql('SELECT count(DISTINCT fingerprint)::int AS passwords, count(*)::int AS tries FROM login_attempt WHERE endpoint_id = $1', [
      id,
    ]);
    expect(known).toEqual([{ passwords: 1, tries: 2 }]);
    const told = (await listNotifications(opened.testEnvironment.db, { limit: 100 })).filter((n) => n.endpointId === id).map(({ kind }) => kind);
    expect(told.sort()).toEqual(['manual_due', 'manual_refused', 'refused']);
    expect((await opened.testEnvironment.portals.account(portal, username)).loginsAccepted).toBe(1);
  });

  it('is asked again later where nobody answers with the code of its login: that says nothing of the password', async () => {
    const id = 'borealis-1';
    const { orgId, portal, username, secretArn } = opened.testEnvironment.endpoint(id);
    const store = opened.rotator.stores.forTenant(orgId);
    const current = await store.read(parseReference(secretArn));
    if (!current) throw new Error('no secret');
    const password = 'Hand-Made-Pass-6!';
    await opened.testEnvironment.portals.createAccount({ portal, username, password, receivesCodes: true });
    const payload = parsePayload(current.text).map((before) => ({ ...before, password, mfa_seed: null, second_factors: ['person' as const] }));
    await store.replace(parseReference(secretArn), serializePayload(payload), current.version);
    const impatient = { ...opened.rotator, timing: { ...opened.rotator.timing, personWaitMs: 1_000 } };
    const refusals = async () =>
      (await listNotifications(opened.testEnvironment.db, { limit: 100 })).filter((n) => n.endpointId === id && n.kind === 'manual_refused').length;
    const before = await refusals();
    const lookAtIt = async () => (await detectManualChanges(impatient, looks)).find(({ endpointId }) => endpointId === id)?.result;
    expect([await lookAtIt(), await lookAtIt()]).toEqual(['put_off', 'put_off']);
    expect(await refusals()).toBe(before);
    // The second look left people in peace: the portal has sent them one message.
    expect(await opened.testEnvironment.portals.sentCodes({ portal, username })).toEqual([
      { code: expect.any(String) as string, sentAt: expect.any(Number) as number, typed: 0 },
    ]);
  });

  it('is asked again where it does not answer: what the person stored is neither recorded nor refused', async () => {
    const id = 'cascade-2';
    const { portal } = opened.testEnvironment.endpoint(id);
    await setPortalType(opened.testEnvironment, portal, { rotationMode: 'manual' });
    const lookAtIt = async () => (await detectManualChanges(opened.rotator, looks)).find(({ endpointId }) => endpointId === id)?.result;
    expect(await lookAtIt()).toBe('unchanged');
    await changeByHand(id, 'Hand-Made-Pass-3!');
    await opened.testEnvironment.portals.setFault({ portal, fault: 'maintenance' });
    expect(await lookAtIt()).toBe('put_off');
    await opened.testEnvironment.portals.setFault({ portal, fault: 'none' });
    expect(await lookAtIt()).toBe('recorded');
    expect((await listNotifications(opened.testEnvironment.db, { limit: 100 })).filter((n) => n.endpointId === id)).toEqual([]);
  });

  it('refuses nothing by a look that was stopped, or that ended before the password was sent', async () => {
    const id = 'cascade-2';
    const { portal, loginIdentity } = opened.testEnvironment.endpoint(id);
    const { rotator: own } = opened;
    const lookAtIt = async (signal: AbortSignal, with_ = own) =>
      (await detectManualChanges(with_, { ...looks, signal })).find(({ endpointId }) => endpointId === id)?.result;
    await changeByHand(id, 'Hand-Made-Pass-4!');
    await opened.testEnvironment.portals.setFault({ portal, fault: 'slow', delayMs: 3_000 });
    const stop = new AbortController();
    const stopped = lookAtIt(stop.signal);
    const sent = () => opened.sql(`SELECT 1 FROM login_attempt WHERE login_identity = $1 AND outcome IS NULL`, [loginIdentity]);
    await expect.poll(sent, { timeout: 600_000 }).toHaveLength(1);
    // Written down before it is let out: by now it is under way.
    await new Promise((resolve) => setTimeout(resolve, 700));
    stop.abort();
    expect(await stopped).toBe('put_off');
    await opened.testEnvironment.portals.setFault({ portal, fault: 'none' });
    expect(await lookAtIt(looks.signal, { ...own, timing: { ...own.timing, loginDeadlineMs: 1 } })).toBe('put_off');
    expect(await lookAtIt(looks.signal)).toBe('recorded');
  });

  it('is looked at by one of two rotators at a time: the second finds it recorded', async () => {
    const id = 'cascade-2';
    const { portal, username, loginIdentity } = opened.testEnvironment.endpoint(id);
    await changeByHand(id, 'Hand-Made-Pass-5!');
    const before = (await opened.testEnvironment.portals.account(portal, username)).loginsAccepted;
    const lookAtIt = async () => (await detectManualChanges(opened.rotator, looks)).find(({ endpointId }) => endpointId === id)?.result;
    await opened.testEnvironment.portals.setFault({ portal, fault: 'slow', delayMs: 500 });
    const first = lookAtIt();
    const held = () => opened.sql(`SELECT 1 FROM login_lease WHERE login_identity = $1 AND expires_at > clock_timestamp()`, [loginIdentity]);
    await expect.poll(held, { timeout: 100_000 }).toHaveLength(1);
    expect(await Promise.all([first, lookAtIt()])).toEqual(['recorded', 'unchanged']);
    await opened.testEnvironment.portals.setFault({ portal, fault: 'none' });
    expect((await opened.testEnvironment.portals.account(portal, username)).loginsAccepted).toBe(before + 1);
    await setPortalType(opened.testEnvironment, portal, { rotationMode: 'automatic' });
  });

  describe('does not count it as rotated where its password is the one that was known', () => {
    const id = 'cascade-3';
    const asItWas = async () => {
      const { orgId } = opened.testEnvironment.endpoint(id);
      const { nextRotationAt, lastRotatedAt, rotationStatus } = (await getEndpoint(opened.testEnvironment.db, { orgId, endpointId: id })) ?? {};
      return { nextRotationAt, lastRotatedAt, rotationStatus, recorded: await opened.audit('rotation.recorded', id) };
    };
    const lookAtIt = async (with_ = opened.rotator) => (await detectManualChanges(with_, looks)).find(({ endpointId }) => endpointId === id)?.result;
    const known = async () =>
      (await opened.sql<{ version: string }>('SELECT known_version AS version FROM manual_watch WHERE endpoint_id = $1', [id]))[0]?.version;
    beforeAll(async () => {
      await setPortalType(opened.testEnvironment, 'cascade', { rotationMode: 'manual' });
      await setNextRotation(opened.testEnvironment.db, { endpointIds: [id], at: 'now' });
      await markManualDue(opened.rotator.db);
      expect(await lookAtIt()).toBe('unchanged');
    });
    afterAll(() => setPortalType(opened.testEnvironment, 'cascade', { rotationMode: 'automatic' }));

    it('as a search has put it back after somebody stored a wrong one', async () => {
      const { orgId, portal, username } = opened.testEnvironment.endpoint(id);
      const before = await asItWas();
      const store = opened.rotator.stores.forTenant(orgId);
      const reference = parseReference(opened.testEnvironment.endpoint(id).secretArn);
      const right = await store.read(reference);
      if (!right) throw new Error('no secret');
      await store.replace(
        reference,
        serializePayload(parsePayload(right.text).map((payload) => ({ ...payload, password: 'Never-At-Portal-1!' }))),
        right.version,
      );
      expect(await lookAtIt()).toBe('refused');
      const endpoint = await migratedEndpoint(opened.rotator.db, { orgId, endpointId: id });
      const mended = await withExclusiveLease(leaseRequest(opened.rotator, endpoint, looks.signal), (held) => mendLogin(opened.rotator, endpoint, held));
      expect(mended).toBe('found');
      const { loginsAccepted } = await opened.testEnvironment.portals.account(portal, username);
      expect(await lookAtIt()).toBe('unchanged');
      expect([await asItWas(), await known()]).toEqual([before, '3']);
      // No login was spent on it.
      expect((await opened.testEnvironment.portals.account(portal, username)).loginsAccepted).toBe(loginsAccepted);
    });

    it('as a person has edited something else of the secret, which the row follows', async () => {
      const { orgId, secretArn } = opened.testEnvironment.endpoint(id);
      const before = await asItWas();
      const store = opened.rotator.stores.forTenant(orgId);
      const current = await store.read(parseReference(secretArn));
      if (!current) throw new Error('no secret');
      const edited = parsePayload(current.text).map((payload) => ({ ...payload, metadata: { ...payload.metadata, portal_type: 'renamed' } }));
      await store.replace(parseReference(secretArn), serializePayload(edited), current.version);
      expect(await lookAtIt()).toBe('unchanged');
      expect([await asItWas(), await known()]).toEqual([before, '4']);
      expect(await getEndpoint(opened.testEnvironment.db, { orgId, endpointId: id })).toMatchObject({ currentVersion: '4' });
    });

    it('as far as anybody can tell: the store keeps no more what was known; the change after that counts', async () => {
      const before = await asItWas();
      const forgetful: TenantStores = {
        close: () => Promise.resolve(),
        forTenant: (orgId) => ({ ...opened.rotator.stores.forTenant(orgId), readVersion: () => Promise.resolve(null) }),
      };
      await changeByHand(id, 'Hand-Made-Pass-7!');
      expect(await lookAtIt({ ...opened.rotator, stores: forgetful })).toBe('unchanged');
      expect([await asItWas(), await known()]).toEqual([before, '5']);
      await changeByHand(id, 'Hand-Made-Pass-8!');
      expect(await lookAtIt()).toBe('recorded');
      expect((await asItWas()).recorded).toHaveLength(1);
    });
  });
});
