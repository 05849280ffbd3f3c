import { findEndpoint } from '@rcm/db';
import { insertEndpoint } from '@rcm/db/admin';
import { Secret } from '@rcm/telemetry';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { onboardEndpoint } from './credential/onboard.ts';
import { plant, seeds } from './seeds.fixture.ts';
import type { OpenMigration } from './services.ts';
import { openTestEnvironment, type TestEnvironment } from './testing.fixture.ts';

let testEnvironment: TestEnvironment;
let migrator: OpenMigration;
beforeAll(async () => {
  testEnvironment = await openTestEnvironment();
  migrator = testEnvironment.migrator();
  await plant(testEnvironment.db, seeds(1));
  const place = { orgId: 'north-1', portalTypeCode: 'alpine', accountId: 'desk-1', baseUrl: 'https://alpine.example/' };
  await insertEndpoint(testEnvironment.db, { id: 'desk-1', ...place });
});
afterAll(() => testEnvironment?.close());

async function onboard(username: string, password: string): Promise<string> {
  return attempt(username, password).catch((error: { code: string }) => error.code);
}

async function attempt(username: string, password: string): Promise<string> {
  const row = await findEndpoint(testEnvironment.db, { endpointId: 'desk-1' });
  if (!row) throw new Error('no endpoint');
  const payload = new Secret(JSON.stringify({ username, password }));
  return onboardEndpoint(migrator, row, payload, { actor: 'person:os:jane', reason: 'a new hospital' });
}

it('a login is there already where it is the same account, whatever its password is by now; another account’s is not said to be', async () => {
  expect(await onboard('first', 'one-password-1')).toBe('migrated');
  expect(await onboard('first', 'two-password-2')).toBe('already');
  expect(await onboard('second', 'one-password-1')).toBe('state_conflict');
  await expect(attempt('second', 'one-password-1')).rejects.toThrow(/if it is the same one, change the user name in its secret\. Nothing was stored/);
});
