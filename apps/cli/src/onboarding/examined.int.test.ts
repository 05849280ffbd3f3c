import { type Database, openDatabase } from '@rcm/db';
import { insertEndpoint, upsertOrganization, upsertPortalType } from '@rcm/db/admin';
import { migrateWithLogins, PLAIN_PORTAL_TYPE, urlFor } from '@rcm/db/testing';
import { Secret } from '@rcm/telemetry';
import { freshDatabase } from '@rcm/test-services';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { examined } from './add.ts';
import type { NewLogin } from './new-login.ts';

let drop: () => Promise<void>;
let operator: Database;
beforeAll(async () => {
  const fresh = await freshDatabase({ migrate: migrateWithLogins });
  ({ drop } = fresh);
  const owner = openDatabase({ url: fresh.url, applicationName: 'test environment', maxConnections: 2 });
  for (const id of ['north', 'south']) await upsertOrganization(owner, { id, name: id });
  await upsertPortalType(owner, { ...PLAIN_PORTAL_TYPE, hosts: ['portal.alpine.example'] });
  const place = { portalTypeCode: 'alpine', accountId: 'desk', baseUrl: 'https://portal.alpine.example/' };
  for (const orgId of ['north', 'south']) await insertEndpoint(owner, { id: `${orgId}-alpine-desk`, orgId, ...place });
  await owner.close();
  operator = openDatabase({ url: urlFor('rcm_operator', fresh.url), applicationName: 'test', maxConnections: 2 });
});
afterAll(async () => {
  await operator?.close();
  await drop?.();
});

const login = (differs: Partial<NewLogin>): NewLogin => ({
  ...{ id: 'north-alpine-two', organization: 'north', portalType: 'alpine', account: 'two', baseUrl: null },
  payload: new Secret('{"username":"two","password":"a-password-2"}'),
  ...differs,
});

test.each<[string, Partial<NewLogin>]>([
  ['on the first host of its portal type', {}],
  ['on a host that is written with capitals', { baseUrl: 'https://Portal.Alpine.example/login' }],
  ['that an earlier call has begun with', { id: 'north-alpine-desk', account: 'desk' }],
])('one %s could be added', async (_, differs) => {
  expect(await examined(operator, [login(differs)])).toMatchObject([{ outcome: 'valid', problem: null }]);
});

test.each<[Partial<NewLogin>, string]>([
  [{ organization: 'west' }, 'there is no organization west'],
  [{ portalType: 'none' }, 'there is no portal type none'],
  [{ baseUrl: 'https://elsewhere.example/' }, 'base_url is on no host of alpine'],
  [{ baseUrl: 'https://portal.alpine.example:8443/' }, 'base_url is on no host of alpine'],
  [{ baseUrl: 'https://jane@portal.alpine.example/' }, 'base_url is on no host of alpine'],
  [{ id: 'north-alpine-desk' }, 'its id is another login’s already, of alpine and the account desk'],
  [{ id: 'south-alpine-desk', account: 'desk' }, 'its id is another organization’s already'],
])('%j is invalid before any is begun: %s', async (differs, problem) => {
  expect(await examined(operator, [login(differs)])).toMatchObject([{ outcome: 'invalid', problem }]);
});
