import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { migratedEndpoint } from '@rcm/portal-access';
import { type PortalDriver, type PortalSession, readRecipeFile } from '@rcm/portal-drivers';
import { patientRecipe } from '@rcm/portal-drivers/testing';
import { upsertPortalType } from '@rcm/db/admin';
import { openRotatorEnvironment, type RotatorEnvironment } from '../testing.fixture.ts';
import type { Rotator } from '../rotator.ts';
import { resultOf } from '../schedule/rotation-outcome.ts';

let opened: RotatorEnvironment;
let next = 0;

beforeAll(async () => {
  opened = await openRotatorEnvironment({ endpoints: Array.from({ length: 5 }, () => 'alpine' as const), portalType: { propagationDelayMs: 200 } });
  const { testEnvironment } = opened;
  const home = new URL((await migratedEndpoint(testEnvironment.db, { orgId: testEnvironment.orgId, endpointId: 'alpine-1' })).baseUrl).origin;
  const door = await testEnvironment.portals.openDoor('alpine');
  await testEnvironment.portals.setHabits('alpine', { cookieBanner: 'never', confirmsFirst: true, asksOpinion: true, signIn: { at: door, home } });
  const { portalType } = await migratedEndpoint(testEnvironment.db, { orgId: testEnvironment.orgId, endpointId: 'alpine-1' });
  const hosts = [...portalType.hosts, new URL(door).host];
  await upsertPortalType(
    testEnvironment.db,
    { ...portalType, hosts, loopbackHosts: hosts, hostNames: { [new URL(door).host]: 'idp' }, recipe: patientRecipe(await readRecipeFile('alpine-guarded')) },
    { actor: 'person:os:test', reason: 'alpine asks for the current password first' },
  );
});
afterAll(() => opened?.close());

/** An endpoint that no other test uses. */
const fresh = () => {
  const found = opened.testEnvironment.endpoints[next++];
  if (!found) throw new Error('the test environment has no endpoint left');
  return found;
};

/** What the ledger keeps of a login, the oldest first: its outcome, and whose password it was. */
const ledger = async (loginIdentity: string) =>
  (
    await opened.sql<{ outcome: string | null; version: string; rotation_attempt_id: string | null }>(
      'SELECT outcome, version, rotation_attempt_id::text FROM login_attempt WHERE login_identity = $1 ORDER BY started_at',
      [loginIdentity],
    )
  ).map(({ outcome, version, rotation_attempt_id }) => [outcome, version.startsWith('staged:') ? 'staged' : 'current', rotation_attempt_id !== null]);

/** A rotator whose sessions do something else with the page that asks for the current password. */
function withConfirm(rotator: Rotator, change: (session: PortalSession) => PortalSession['changePassword']): Rotator {
  const wrapped = (driver: PortalDriver): PortalDriver => ({
    hash: driver.hash,
    async openSession(where) {
      const session = await driver.openSession(where);
      return { ...session, changePassword: change(session) };
    },
  });
  return { ...rotator, drivers: { for: (...of: Parameters<Rotator['drivers']['for']>) => wrapped(rotator.drivers.for(...of)) } as Rotator['drivers'] };
}

describe('a portal that asks for the current password before a change, and counts a wrong one', () => {
  it('is rotated by its recipe, and each password that leaves is a try in the ledger', async () => {
    const { id, portal, username, loginIdentity } = fresh();
    expect(resultOf(await opened.rotate(id, opened.patient))).toBe('done');
    expect(await ledger(loginIdentity)).toEqual([
      ['accepted', 'current', true],
      ['accepted', 'current', true],
      ['accepted', 'staged', true],
    ]);
    expect(await opened.testEnvironment.portals.account(portal, username)).toMatchObject({ loginsAccepted: 3, loginsRejected: 0, passwordsChanged: 1 });
    expect(await opened.testEnvironment.portalAcceptsStore(id)).toBe(true);
  });

  it('sees nothing of it where the ledger does not allow the try; the rotation waits and goes on', async () => {
    const { id, portal, username, loginIdentity, orgId } = fresh();
    // Between the login and the change another process has heard that the portal takes no more tries.
    const throttled = withConfirm(opened.patient, (session) => async (options) => {
      await opened.sql(
        `INSERT INTO login_attempt (login_identity, org_id, endpoint_id, lease_id, actor, version, fingerprint, process, started_at, finished_at, outcome, effect, throttled_until)
         SELECT login_identity, org_id, endpoint_id, lease_id, actor, version, fingerprint, process, clock_timestamp(), clock_timestamp(), 'throttled', 'none', clock_timestamp() + interval '1 hour'
           FROM login_attempt WHERE login_identity = $1 AND org_id = $2 LIMIT 1`,
        [loginIdentity, orgId],
      );
      return session.changePassword(options);
    });
    expect(resultOf(await opened.rotate(id, throttled))).toBe('waiting');
    expect(await opened.testEnvironment.portals.account(portal, username)).toMatchObject({ loginsAccepted: 1, loginsRejected: 0, passwordsChanged: 0 });
    expect(await opened.sql('SELECT state, detail FROM rotation_attempt WHERE login_identity = $1', [loginIdentity])).toMatchObject([
      { detail: expect.stringContaining('throttled') },
    ]);
    await opened.sql(`DELETE FROM login_attempt WHERE login_identity = $1 AND outcome = 'throttled'`, [loginIdentity]);
    await opened.sql(`UPDATE rotation_attempt SET waiting_until = clock_timestamp() WHERE login_identity = $1`, [loginIdentity]);
    expect(resultOf(await opened.untilEnded(id))).toBe('done');
    expect(await opened.testEnvironment.portalAcceptsStore(id)).toBe(true);
  });

  it('leaves a try that counts where the rotator dies before it knows its end, and the next one ends the rotation', async () => {
    const { id, portal, username, loginIdentity } = fresh();
    const dying = withConfirm(
      opened.patient,
      (session) => (options) =>
        session.changePassword({ ...options, confirm: { before: (asked) => options.confirm.before(asked), after: () => Promise.reject(new Error('died')) } }),
    );
    expect(resultOf(await opened.rotate(id, dying))).toBe('waiting');
    expect(await ledger(loginIdentity)).toEqual([
      ['accepted', 'current', true],
      [null, 'current', true],
    ]);
    expect((await opened.testEnvironment.portals.account(portal, username)).passwordsChanged).toBe(0);
    expect(resultOf(await opened.untilEnded(id))).toBe('done');
    expect(await opened.testEnvironment.portalAcceptsStore(id)).toBe(true);
  });

  it('is not tried where the lease was lost after the ledger had said yes, and nothing counts', async () => {
    const { id, portal, username, loginIdentity } = fresh();
    const lost = withConfirm(
      opened.patient,
      (session) => (options) =>
        session.changePassword({
          ...options,
          confirm: {
            async before(asked) {
              await options.confirm.before(asked);
              await options.confirm.after({ end: { kind: 'unknown' }, submitted: false });
              throw new Error('the lease is gone');
            },
            after: () => Promise.reject(new Error('nothing was sent')),
          },
        }),
    );
    expect(resultOf(await opened.rotate(id, lost))).toBe('waiting');
    expect(await ledger(loginIdentity)).toEqual([
      ['accepted', 'current', true],
      ['not_submitted', 'current', true],
    ]);
    expect(await opened.testEnvironment.portals.account(portal, username)).toMatchObject({ loginsAccepted: 1, loginsRejected: 0 });
  });
});
