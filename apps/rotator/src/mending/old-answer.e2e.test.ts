import type { StoredSecret, TenantStores } from '@rcm/credentials';
import { withExclusiveLease } from '@rcm/db/holding';
import { migratedEndpoint } from '@rcm/portal-access';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { loginInHand } from '../finding/login-in-hand.ts';
import { leaseRequest } from '../lease-request.ts';
import { MINUTE, openRowEnvironment, refusals, type RowEnvironment } from '../rows/row-environment.fixture.ts';
import { reconcileCurrent } from './reconcile-current.ts';

let row: RowEnvironment;
beforeAll(async () => void (row = await openRowEnvironment()));
afterAll(() => row?.close());

/** Its reads still show what lay there `before`. */
const answering = (stores: TenantStores, before: StoredSecret): TenantStores => ({
  close: () => stores.close(),
  forTenant: (orgId) => ({ ...stores.forTenant(orgId), read: () => Promise.resolve(before) }),
});

it.each(['ssm', 'secrets-manager'] as const)('nothing is built on what the last rotation replaced, where the store still answers it (%s)', async (backend) => {
  const login = await row.testEnvironment.addEndpoint('alpine', backend);
  const place = { orgId: login.orgId, endpointId: login.id };
  const before = await row.open(login.id);
  expect(await row.rotateToEnd(login.id)).toBe('done');
  const rotated = await row.open(login.id);
  const versionOfRow = async () => (await migratedEndpoint(row.patient.db, place)).currentVersion;

  const stores = answering(row.patient.stores, before);
  await expect(row.rotate(login.id, { ...row.patient, stores })).rejects.toMatchObject({ code: 'store_unavailable' });
  expect(await versionOfRow()).toBe(rotated.version);
  expect(refusals(await row.history(login.id)).wrong).toBe(0);
  expect(await row.visit(login.id)).toBe('in');

  // Still there a while later: a person has gone back to it, as Secrets Manager lets them without a new version.
  await row.pass(2 * MINUTE);
  const endpoint = await migratedEndpoint(row.patient.db, place);
  const reconciled = await withExclusiveLease(leaseRequest(row.patient, endpoint, new AbortController().signal), (held) =>
    reconcileCurrent(row.patient, loginInHand(row.patient, endpoint, held), before),
  );
  expect(reconciled).toBeNull();
  expect(await versionOfRow()).toBe(before.version);
});

it('nothing is built on what a person’s edit replaced, where the store still answers it', async () => {
  const login = await row.testEnvironment.addEndpoint('alpine', 'ssm');
  const before = await row.open(login.id);
  await row.setAtPortal(login.id, 'Set-by-a-person-1');
  await row.edit(login.id, { password: 'Set-by-a-person-1' });
  expect(await row.visit(login.id)).toBe('in');
  const edited = await row.open(login.id);

  const stores = answering(row.patient.stores, before);
  await expect(row.rotate(login.id, { ...row.patient, stores })).rejects.toMatchObject({ code: 'store_unavailable' });
  expect((await migratedEndpoint(row.patient.db, { orgId: login.orgId, endpointId: login.id })).currentVersion).toBe(edited.version);
  expect(refusals(await row.history(login.id)).wrong).toBe(0);
  expect(await row.rotateToEnd(login.id)).toBe('done');
  expect(await row.visit(login.id)).toBe('in');
});
