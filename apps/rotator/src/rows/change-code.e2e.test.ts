import { parsePayload, parseReference, serializePayload } from '@rcm/credentials';
import { readRecipeFile } from '@rcm/portal-drivers';
import { Secret } from '@rcm/telemetry';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { resultOf } from '../schedule/rotation-outcome.ts';
import { openRotatorEnvironment, type RotatorEnvironment } from '../testing.fixture.ts';

const CODES = ['pers-7X9k', 'quat-2M4p', 'rune-8L1d', 'sole-5T6w'];

let opened: RotatorEnvironment;
beforeAll(async () => {
  const { device: _device, ...recipe } = await readRecipeFile('borealis-remembered');
  opened = await openRotatorEnvironment({ endpoints: ['borealis'], portalType: { propagationDelayMs: 200, recipe } });
  await opened.testEnvironment.portals.setHabits('borealis', { changeAsksCode: true });
});
afterAll(() => opened?.close());

it('a portal that asks for a code at a change, too, is rotated with one more of them, each typed once', async () => {
  const { testEnvironment } = opened;
  const endpoint = testEnvironment.endpoint('borealis-1');
  const [store, reference] = [testEnvironment.stores.forTenant(endpoint.orgId), parseReference(endpoint.secretArn)];
  const current = await store.read(reference);
  if (!current) throw new Error('the secret is gone');
  const { username, password } = parsePayload(current.text).reveal();
  // Backup codes, since one of a seed is another only after half a minute.
  const payload = { username, password, backup_codes: CODES, second_factors: ['backup_codes'] };
  await store.replace(reference, serializePayload(parsePayload(new Secret(JSON.stringify(payload)))), current.version);
  await testEnvironment.portals.createAccount({ portal: 'borealis', username, password, backupCodes: CODES });
  expect(resultOf(await opened.rotate(endpoint.id, opened.patient))).toBe('done');
  // At the login before it, at the change, and at the login that proves it.
  expect(await testEnvironment.portals.backupCodesTyped(endpoint)).toEqual([1, 1, 1, 0]);
  expect(await testEnvironment.portals.account('borealis', username)).toMatchObject({ loginsAccepted: 2, loginsRejected: 0, passwordsChanged: 1 });
  expect(await testEnvironment.portalAcceptsStore(endpoint.id)).toBe(true);
});
