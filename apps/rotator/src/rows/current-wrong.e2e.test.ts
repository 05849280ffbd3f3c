import { remainingBudget } from '@rcm/db/ledger';
import type { PortalDriver } from '@rcm/portal-drivers';
import { Secret } from '@rcm/telemetry';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Rotator } from '../rotator.ts';
import { resultOf } from '../schedule/rotation-outcome.ts';
import { openRotatorEnvironment, type RotatorEnvironment } from '../testing.fixture.ts';

let opened: RotatorEnvironment;
beforeAll(async () => {
  opened = await openRotatorEnvironment({
    endpoints: ['alpine'],
    portalType: { propagationDelayMs: 200, lockoutCounts: 'window', lockoutWindowSeconds: 3_600, lockoutThreshold: 4, lockoutMargin: 1 },
  });
});
afterAll(() => opened?.close());

/** A rotator whose change forms get another current password than the login had, as where a part of the portal does not know it yet. */
function mistaken(rotator: Rotator): Rotator {
  const wrapped = (driver: PortalDriver): PortalDriver => ({
    hash: driver.hash,
    async openSession(where) {
      const session = await driver.openSession(where);
      const wrong = { password: new Secret('Another-one-1!') };
      return { ...session, changePassword: (options) => session.changePassword({ ...options, credential: { ...options.credential, ...wrong } }) };
    },
  });
  return { ...rotator, drivers: { for: (...of: Parameters<Rotator['drivers']['for']>) => wrapped(rotator.drivers.for(...of)) } as Rotator['drivers'] };
}

it('a change that the portal refuses with the current password counts as the failure that it may be to the portal', async () => {
  const { orgId, id, portal, username, loginIdentity } = opened.testEnvironment.endpoint('alpine-1');
  const left = async () => (await remainingBudget(opened.testEnvironment.db, { orgId, loginIdentity })).failuresLeft;
  const before = await left();
  expect(resultOf(await opened.rotate(id, mistaken(opened.patient)))).toBe('waiting');
  expect(await opened.testEnvironment.portals.account(portal, username)).toMatchObject({ loginsAccepted: 1, loginsRejected: 0, changesRefused: 1 });
  expect(await left()).toBe(before - 1);
});
