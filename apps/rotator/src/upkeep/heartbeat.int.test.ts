import { randomUUID } from 'node:crypto';
import type { Database } from '@rcm/db';
import { upsertOrganization } from '@rcm/db/admin';
import { acquireExclusiveLease, releaseLease } from '@rcm/db/leases';
import { listNotifications } from '@rcm/db/notifications';
import { planRotation } from '@rcm/db/rotation';
import { migratedEndpoint } from '@rcm/portal-access';
import { withExclusiveLease } from '@rcm/db/holding';
import { afterEach, expect, it, vi } from 'vitest';
import { withLoginOutsideRotation } from '../finding/outside-rotation.ts';
import { leaseRequest } from '../lease-request.ts';
import { mendLogin } from '../mending/mend-login.ts';
import { keepAlive } from './keep-alive.ts';
import { openUnusedEnvironment, type UnusedEnvironment } from './unused-environment.fixture.ts';

let testEnvironment: UnusedEnvironment | null = null;
afterEach(async () => {
  await testEnvironment?.close();
  testEnvironment = null;
});

it('a password that nobody uses is tried once in so many days; one that is wrong is refused once, told of and never locked', async () => {
  // These portals disable nobody within the test, and a rotation comes after it.
  const opened = (testEnvironment = await openUnusedEnvironment({ logins: 3, kinds: [{ dormantDays: 10_000 }], verifyEveryDays: 2 }));
  const signal = new AbortController().signal;
  const round = async () => Object.fromEntries((await keepAlive(opened.rotator, { limit: 10, signal })).map(({ endpointId, result }) => [endpointId, result]));
  const logins = () => [...opened.portals.accounts.values()].map(({ logins: made, failures, locked }) => ({ made, failures, locked }));
  expect(await round()).toEqual({});

  const wrong = opened.portals.accounts.get('user-1');
  if (!wrong) throw new Error('no such account');
  wrong.password = 'changed by somebody at the portal';
  await opened.pass(2);
  expect(await round()).toEqual({ 'login-0': 'kept', 'login-1': 'not_in', 'login-2': 'kept' });
  expect(await round()).toEqual({});
  await opened.pass(1);
  expect(await round()).toEqual({});
  const once = { made: 1, failures: 0, locked: false };
  expect(logins()).toEqual([once, { made: 0, failures: 1, locked: false }, once]);
  const told = (await listNotifications(opened.db, { limit: 100 })).filter(({ kind }) => kind === 'refused').map(({ endpointId }) => endpointId);
  expect(told).toEqual(['login-1']);

  await opened.pass(1);
  expect(await round()).toEqual({ 'login-0': 'kept', 'login-2': 'kept' });
});

it('a password is not tried whose rotation began after its login was claimed: nobody knows which one the portal accepts', async () => {
  const opened = (testEnvironment = await openUnusedEnvironment({ logins: 2, kinds: [{ dormantDays: 10_000 }], verifyEveryDays: 2 }));
  const { db, rotator, portals } = opened;
  await opened.pass(2);
  const others = new Set(['login-0', 'login-1']);
  /** While the first is at its portal, another rotator begins one of the second, and lets it go before it has ended. */
  const driver: typeof portals.driver = {
    ...portals.driver,
    async openSession(...asked) {
      for (const endpointId of others) await leaveOpen(db, { orgId: 'hospital-one', endpointId });
      return portals.driver.openSession(...asked);
    },
  };
  const drivers: typeof rotator.drivers = {
    ...rotator.drivers,
    for(portalType, endpoint) {
      others.delete(endpoint?.id ?? '');
      return driver;
    },
  };
  const made = await keepAlive({ ...rotator, drivers }, { limit: 10, signal: new AbortController().signal });
  expect(made.map(({ result }) => result)).toEqual(['kept', 'put_off']);
  expect([...portals.accounts.values()].map(({ logins }) => logins).sort()).toEqual([0, 1]);
});

it('a login that another organization is rotating is neither used nor searched: the account is theirs, too', async () => {
  const opened = (testEnvironment = await openUnusedEnvironment({ logins: 1, kinds: [{ dormantDays: 10_000 }], verifyEveryDays: 2 }));
  const { db, owner, rotator, portals } = opened;
  await upsertOrganization(owner, { id: 'hospital-two', name: 'Hospital two' });
  await owner.transaction(
    'every tenant',
    (tx) => tx.$executeRaw`
      INSERT INTO integration_endpoint (id, org_id, portal_type_code, account_id, base_url, secret_arn, current_version, login_identity)
      SELECT 'theirs', 'hospital-two', portal_type_code, account_id, base_url, replace(secret_arn, 'hospital-one', 'hospital-two'), current_version, login_identity
        FROM integration_endpoint WHERE id = 'login-0'`,
  );
  await leaveOpen(db, { orgId: 'hospital-two', endpointId: 'theirs' });
  const endpoint = await migratedEndpoint(db, { orgId: 'hospital-one', endpointId: 'login-0' });
  const used = vi.fn();
  await expect(withLoginOutsideRotation(rotator, endpoint, new AbortController().signal, used)).rejects.toMatchObject({
    code: 'state_conflict',
    message: expect.stringContaining('Another organization is rotating') as string,
  });
  const mended = withExclusiveLease(leaseRequest(rotator, endpoint, new AbortController().signal), (held) => mendLogin(rotator, endpoint, held));
  expect(await mended).toBe('open');
  expect([used.mock.calls.length, [...portals.accounts.values()].map(({ logins }) => logins)]).toEqual([0, [0]]);
});

async function leaveOpen(db: Database, at: { readonly orgId: string; readonly endpointId: string }): Promise<void> {
  const answer = await acquireExclusiveLease(db, { ...at, holder: 'another', ttlMs: 60_000, wantMs: 0 });
  if (!answer.granted) throw new Error(answer.reason);
  const { id: leaseId, fence } = answer.lease;
  const plan = { ...at, attemptId: randomUUID(), leaseId, fence, owner: 'another', recipeHash: 'h' };
  expect(await planRotation(db, { ...plan, reason: 'due', baseVersion: '1' })).toMatchObject({ created: true });
  await releaseLease(db, { orgId: at.orgId, leaseId });
}
