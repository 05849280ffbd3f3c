import { parsePayload, serializePayload, type StagedSlot } from '@rcm/credentials';
import { getEndpoint } from '@rcm/db';
import { listNotifications } from '@rcm/db/notifications';
import { getOpenAttempt, listAttempts } from '@rcm/db/rotation';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { blockedLogin, STAGED } from '../blocked.fixture.ts';
import { openRotatorEnvironment, type RotatorEnvironment } from '../testing.fixture.ts';
import { lookAtBlocked } from './look-at-blocked.ts';

let opened: RotatorEnvironment;
beforeAll(
  async () =>
    void (opened = await openRotatorEnvironment({ endpoints: Array.from({ length: 6 }, () => 'alpine' as const), portalType: { propagationDelayMs: 200 } })),
);
afterAll(() => opened?.close());

const anHourOn = (id: string) =>
  opened.sql(`UPDATE rotation_attempt SET waiting_until = now() - interval '1 s' WHERE endpoint_id = $1 AND state = 'blocked'`, [id]);
/** Lets hours pass for what the portal and the ledger know of a login, and for its blocked rotation. */
async function pass(id: string, hours: number): Promise<void> {
  const at = opened.testEnvironment.endpoint(id).loginIdentity;
  await opened.testEnvironment.portals.advance(hours * 3_600_000);
  const older = `- interval '${hours} hours'`;
  await opened.sql(
    `UPDATE login_attempt SET started_at = started_at ${older}, finished_at = finished_at ${older}, rests_until = rests_until ${older} WHERE login_identity = $1`,
    [at],
  );
  await anHourOn(id);
}
const look = () => lookAtBlocked(opened.patient, { limit: 10, signal: new AbortController().signal });
const stateOf = async (id: string) => (await listAttempts(opened.testEnvironment.db, { limit: 100 })).find(({ endpointId }) => endpointId === id)?.state;
const accountOf = (id: string) => opened.testEnvironment.portals.account('alpine', opened.testEnvironment.endpoint(id).username);

async function personStores({ current }: StagedSlot, orgId: string, fields: { readonly password: string; readonly username?: string }): Promise<void> {
  const store = opened.rotator.stores.forTenant(orgId);
  const stored = await store.read(current);
  if (!stored) throw new Error('no secret');
  const theirs = serializePayload(parsePayload(stored.text).map((payload) => ({ ...payload, ...fields })));
  await store.replace(current, theirs, stored.version);
}

describe('a blocked login that is looked at again', () => {
  it('is let go where the portal accepts what is current after all: without a person, who is told', async () => {
    const { attemptId, orgId } = await blockedLogin(opened, 'alpine-1');
    await anHourOn('alpine-1');
    await look();
    expect(await stateOf('alpine-1')).toBe('abandoned');
    expect((await getEndpoint(opened.testEnvironment.db, { orgId, endpointId: 'alpine-1' }))?.rotationStatus).toBe('active');
    expect(await accountOf('alpine-1')).toMatchObject({ loginsAccepted: 1, locked: false });
    const told = (await listNotifications(opened.testEnvironment.db, { limit: 100 })).filter((notification) => notification.attemptId === attemptId);
    expect(told.map(({ kind }) => kind).sort()).toEqual(['blocked', 'unblocked']);
    expect(await opened.audit('rotation.unblocked', 'alpine-1')).toMatchObject([{ details: { attemptId, found: 'current' } }]);
  });

  it('goes on to its end where the portal has come to accept the staged password', async () => {
    await blockedLogin(opened, 'alpine-2', STAGED);
    await anHourOn('alpine-2');
    await look();
    expect(await stateOf('alpine-2')).toBe('verified');
    await opened.untilEnded('alpine-2');
    expect(await stateOf('alpine-2')).toBe('done');
    expect(await opened.testEnvironment.portalAcceptsStore('alpine-2')).toBe(true);
    expect(await accountOf('alpine-2')).toMatchObject({ loginsRejected: 0, passwordsChanged: 0 });
  });

  it('works again once somebody has put the right password into the secret', async () => {
    const { orgId, slot } = await blockedLogin(opened, 'alpine-3', 'Of-A-Person-1');
    await personStores(slot, orgId, { password: 'Of-A-Person-1' });
    await anHourOn('alpine-3');
    await look();
    expect(await stateOf('alpine-3')).toBe('abandoned');
    expect(await opened.testEnvironment.portalAcceptsStore('alpine-3')).toBe(true);
  });

  it('stays blocked where the portal accepts nothing; the same passwords are not asked again within a day, and the account is not locked', async () => {
    const { orgId, slot } = await blockedLogin(opened, 'alpine-4', 'Nobody-Knows-1');
    await anHourOn('alpine-4');
    await look();
    expect(await stateOf('alpine-4')).toBe('blocked');
    expect((await accountOf('alpine-4')).loginsRejected).toBeGreaterThan(0);
    // What is current cools down for an hour after one refusal; what the portal may have cut is asked in the next looks.
    for (let round = 0; round < 4; round += 1) {
      await pass('alpine-4', 5);
      await look();
    }
    const [asked] = await opened.sql<{ passwords: number }>(
      `SELECT count(DISTINCT fingerprint)::int AS passwords FROM login_attempt WHERE endpoint_id = 'alpine-4'`,
      [],
    );
    expect(await accountOf('alpine-4')).toMatchObject({ loginsRejected: asked?.passwords, locked: false });
    await pass('alpine-4', 5);
    await look();
    expect((await accountOf('alpine-4')).loginsRejected).toBeGreaterThan(asked?.passwords ?? 0);
    expect(await opened.rotator.stores.forTenant(orgId).listStaged(slot.current)).toEqual([slot.attemptId]);
  });

  it('is not looked at again before its hour', async () => {
    await blockedLogin(opened, 'alpine-5');
    await look();
    expect(await stateOf('alpine-5')).toBe('blocked');
    expect(await accountOf('alpine-5')).toMatchObject({ loginsAccepted: 0, loginsRejected: 0 });
  });

  it('ends where somebody has put another account into the secret; nothing of the blocked one is typed or removed', async () => {
    const { attemptId, orgId, slot, loginIdentity } = await blockedLogin(opened, 'alpine-6');
    await personStores(slot, orgId, { username: 'somebody-else', password: 'Of-Somebody-Else-1' });
    await anHourOn('alpine-6');
    await look();
    expect(await getOpenAttempt(opened.testEnvironment.db, { orgId, loginIdentity })).toBeNull();
    expect(await accountOf('alpine-6')).toMatchObject({ loginsAccepted: 0, loginsRejected: 0 });
    expect(await opened.rotator.stores.forTenant(orgId).listStaged(slot.current)).toEqual([slot.attemptId]);
    // Nobody has asked the portal, so nothing is said of what it accepts.
    expect((await opened.audit('rotation.unblocked', 'alpine-6')).map(({ details }) => details)).toEqual([{ attemptId }]);
  });
});
