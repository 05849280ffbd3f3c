import { findEndpoint } from '@rcm/db';
import { insertEndpoint } from '@rcm/db/admin';
import { declareOldReadersGone, hasOldReaders } from '@rcm/db/migration';
import { listDueEndpoints, setNextRotation } from '@rcm/db/rotation';
import { Secret } from '@rcm/telemetry';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { apply } from './commands/apply.ts';
import { verify } from './commands/verify.ts';
import { plant, type Seed, seeds } from './seeds.fixture.ts';
import type { OpenMigration } from './services.ts';
import { openTestEnvironment, rotate, scrubbing, stored, type TestEnvironment } from './testing.fixture.ts';

let testEnvironment: TestEnvironment;
let migrator: OpenMigration;
beforeEach(async () => {
  testEnvironment = await openTestEnvironment();
  migrator = testEnvironment.migrator();
});
afterEach(() => testEnvironment.close());

const credentials = { username: 'one-account', password: 'p-of-both' };
const seed = (id: string, orgId: string): Seed => ({ id, orgId, portal: 'alpine', credentials });
const [FIRST, SECOND] = [seed('first', 'north-1'), seed('second', 'south-1')];
const sql = (text: string) => testEnvironment.db.transaction('every tenant', (tx) => tx.$executeRawUnsafe(text));

/** Whether the schedule would rotate the first now, and what is answered of who reads its account in rows. */
async function rotations() {
  await sql(`UPDATE portal_type SET rotation_mode = 'automatic', automation = 'allowed'`);
  await setNextRotation(testEnvironment.db, { endpointIds: [FIRST.id], at: 'now' });
  const { loginIdentity } = (await findEndpoint(migrator.db, { endpointId: FIRST.id })) ?? {};
  return {
    oldReaders: await hasOldReaders(testEnvironment.db, { loginIdentity: loginIdentity ?? '' }),
    due: (await listDueEndpoints(testEnvironment.db, { limit: 10 })).map(({ id }) => id),
  };
}

/** Only the hospital of the first is migrated, to the end; `meanwhile`: before its plaintext is removed. */
async function migrateNorth(meanwhile: () => Promise<unknown> = async () => undefined): Promise<void> {
  const north = { ...migrator, filter: { orgId: 'north-1' } };
  await apply(north);
  await verify(north);
  await meanwhile();
  expect((await scrubbing(testEnvironment, north)).json).toMatchObject({ failed: [] });
}

describe('an account that lies in the rows of two hospitals, which are migrated one after the other', { timeout: 300_000 }, () => {
  it('is not rotated as long as its plaintext lies in the row of the second', async () => {
    await plant(testEnvironment.db, [FIRST, SECOND, ...seeds(1)]);
    await migrateNorth();
    expect(await findEndpoint(migrator.db, { endpointId: SECOND.id })).toMatchObject({ hasLegacyCredentials: true, secretArn: null });
    expect(await rotations()).toEqual({ oldReaders: true, due: [] });
  });

  it('nor where that row came when the first was moved, before its plaintext was removed', async () => {
    await plant(testEnvironment.db, [FIRST, { ...SECOND, id: 'other', credentials: { username: 'another', password: 'p' } }]);
    const later = { id: SECOND.id, orgId: SECOND.orgId, portalTypeCode: SECOND.portal, accountId: 'account-second', baseUrl: 'https://alpine.example/' };
    await migrateNorth(() => insertEndpoint(testEnvironment.db, { ...later, config: new Secret({ credentials }) }));
    expect(await rotations()).toEqual({ oldReaders: true, due: [] });
  });

  it('nor where of the first hospital nobody reads rows any more', async () => {
    await plant(testEnvironment.db, [FIRST, SECOND]);
    await apply({ ...migrator, filter: { orgId: 'north-1' } });
    await declareOldReadersGone(testEnvironment.db, { orgId: 'north-1', actor: 'person:os:jane', reason: 'switched off' });
    expect(await rotations()).toEqual({ oldReaders: true, due: [] });
  });

  it('is rotated where none is left that reads it', async () => {
    await plant(testEnvironment.db, [FIRST, ...seeds(1)]);
    await migrateNorth();
    expect(await rotations()).toEqual({ oldReaders: false, due: [FIRST.id] });
  });

  it('is not moved with a password that a rotation has changed since, but once the row says the new one', async () => {
    await plant(testEnvironment.db, [FIRST, SECOND]);
    await apply({ ...migrator, filter: { orgId: 'north-1' } });
    await rotate(testEnvironment, migrator, FIRST, (payload) => payload);
    await sql(`UPDATE integration_endpoint SET last_rotated_at = now() WHERE id = 'first'`);
    const refused = await apply(migrator);
    expect(refused).toMatchObject({ complete: false, json: { migrated: 0, failed: [{ endpointId: SECOND.id, code: 'state_conflict' }] } });
    expect(refused.lines.join('\n')).toMatch(/rotated under endpoint first.*Nothing was written/);
    expect(await findEndpoint(migrator.db, { endpointId: SECOND.id })).toMatchObject({ secretArn: null });

    const { password } = JSON.parse((await stored(migrator, FIRST)).text) as { password: string };
    await sql(`UPDATE integration_endpoint SET config = jsonb_set(config, '{credentials,password}', '"${password}"') WHERE id = 'second'`);
    expect(await apply(migrator)).toMatchObject({ complete: true, json: { migrated: 1 } });
    expect(JSON.parse((await stored(migrator, SECOND)).text)).toMatchObject({ password });
  });
});
