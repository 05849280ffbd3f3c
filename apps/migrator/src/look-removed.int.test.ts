import { placeKey, referenceKey } from '@rcm/credentials';
import { type EndpointRow, findEndpoint, openDatabase } from '@rcm/db';
import { retireEndpoint } from '@rcm/db/admin';
import { beginFirstSecret } from '@rcm/db/migration';
import { urlFor } from '@rcm/db/testing';
import { Secret } from '@rcm/telemetry';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { lookRemoved } from './credential/look-removed.ts';
import { placeIn } from './credential/move.ts';
import { plant, seeds } from './seeds.fixture.ts';
import type { OpenMigration } from './services.ts';
import { openTestEnvironment, type TestEnvironment } from './testing.fixture.ts';

/** Logins that are retired, and whose rows never named a secret. */
const WHY = { actor: 'person:os:jane', reason: 'the contract ended' };
const PAYLOAD = new Secret('{"username":"jane","password":"Canary-1234"}');

let testEnvironment: TestEnvironment;
let migrator: OpenMigration;
let rows: EndpointRow[];
beforeAll(async () => {
  testEnvironment = await openTestEnvironment();
  migrator = testEnvironment.migrator();
  const planted = seeds(4);
  await plant(testEnvironment.db, planted);
  await testEnvironment.db.transaction('every tenant', (tx) => tx.$executeRaw`UPDATE integration_endpoint SET config = config - 'credentials'`);
  rows = await Promise.all(planted.map(({ id }) => rowOf(id)));
});
afterAll(() => testEnvironment?.close());

async function rowOf(endpointId: string): Promise<EndpointRow> {
  const row = await findEndpoint(testEnvironment.db, { endpointId });
  if (!row) throw new Error(`there is no ${endpointId}`);
  return row;
}

/** One of them, retired after `before`. */
async function retired(before: (row: EndpointRow) => Promise<unknown>): Promise<EndpointRow> {
  const row = rows.pop();
  if (!row) throw new Error('there are no more');
  await before(row);
  const operator = openDatabase({ url: urlFor('rcm_operator', testEnvironment.url), applicationName: 'operator', maxConnections: 1 });
  expect(await retireEndpoint(operator, row.id, WHY)).toBe('retired');
  await operator.close();
  return rowOf(row.id);
}

it.each(['ssm', 'secrets-manager'])('a first secret in %s that was made before a process died is found by its name', async (store) => {
  const where = migrator.places.all.find((place) => place.store === store);
  if (!where) throw new Error(`there is no place of ${store}`);
  let made = '';
  const row = await retired(async (endpoint) => {
    const { reference } = await placeIn(migrator, endpoint, { where, text: PAYLOAD }, WHY);
    made = referenceKey(reference);
  });
  expect(row.retiredSecretArn).toBeNull();
  expect(await lookRemoved(migrator, row, WHY)).toEqual({ outcome: 'still_there', lies: [made] });
});

it('one of which none lies anywhere never had one, after a look at every place, which is audited', async () => {
  const row = await retired(async () => undefined);
  expect(await lookRemoved(migrator, row, WHY)).toEqual({ outcome: 'never_had_one', lies: [] });
  const events = await testEnvironment.db.transaction(
    'every tenant',
    (tx) => tx.$queryRaw<object[]>`SELECT actor, reason, details FROM audit_event WHERE subject = ${row.id} AND action = 'endpoint.removal_checked'`,
  );
  expect(events).toMatchObject([{ ...WHY, details: { places: migrator.places.all.map(placeKey) } }]);
});

it('one that was begun with in a place that this deployment has no more is not said to have had none', async () => {
  const place = placeKey({ store: 'ssm', partition: 'aws', accountId: '333333333333', region: 'us-east-1' });
  const row = await retired(({ id, orgId }) => beginFirstSecret(testEnvironment.db, { endpointId: id, orgId, place }));
  await expect(lookRemoved(migrator, row, WHY)).rejects.toMatchObject({ code: 'config_invalid' });
});
