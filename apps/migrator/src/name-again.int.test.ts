import { writeFileSync } from 'node:fs';
import { findEndpoint } from '@rcm/db';
import { liesElsewhere, listDueEndpoints, setNextRotation } from '@rcm/db/rotation';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { apply } from './commands/apply.ts';
import { oldReadersGone } from './commands/old-readers-gone.ts';
import { verify } from './commands/verify.ts';
import { plant, type Seed } from './seeds.fixture.ts';
import type { OpenMigration } from './services.ts';
import { openTestEnvironment, scrubbing, type TestEnvironment } from './testing.fixture.ts';

let testEnvironment: TestEnvironment;
let migrator: OpenMigration;
beforeEach(async () => {
  testEnvironment = await openTestEnvironment();
  migrator = testEnvironment.migrator();
});
afterEach(() => testEnvironment.close());

const sql = (text: string) => testEnvironment.db.transaction('every tenant', (tx) => tx.$executeRawUnsafe(text));
const SHARED = { username: 'one-account', password: 'p-of-both' };
const NORTH: Seed = { id: 'north', orgId: 'north-1', portal: 'alpine', credentials: SHARED };
const SOUTH: Seed = { id: 'south', orgId: 'south-1', portal: 'alpine', credentials: { username: 'another', password: 'p' } };
const ACT = { actor: 'person:os:jane', reason: 'switched off' };
const ofNorth = () => ({ ...migrator, filter: { orgId: 'north-1' } });

/** Somebody writes the account of north into the row of south, as its old readers are used to. */
const editSouth = () => sql(`UPDATE integration_endpoint SET config = jsonb_set(config, '{credentials}', '${JSON.stringify(SHARED)}') WHERE id = 'south'`);

/** Which logins the schedule would rotate now. */
async function due(): Promise<readonly string[]> {
  await sql(`UPDATE portal_type SET rotation_mode = 'automatic', automation = 'allowed'`);
  await setNextRotation(testEnvironment.db, { endpointIds: [NORTH.id], at: 'now' });
  return (await listDueEndpoints(testEnvironment.db, { limit: 10 })).map(({ id }) => id);
}

describe('an account that somebody writes into a row of another hospital, whose row had another before', { timeout: 300_000 }, () => {
  it('is not rotated once the last plaintext of its own hospital is removed', async () => {
    await plant(testEnvironment.db, [NORTH, SOUTH]);
    await apply(ofNorth());
    await editSouth();
    await verify(ofNorth());
    expect((await scrubbing(testEnvironment, ofNorth())).json).toMatchObject({ scrubbed: 1, failed: [] });
    expect(await due()).toEqual([]);
  });

  it('nor once it is said that nobody reads rows of its own hospital any more', async () => {
    await plant(testEnvironment.db, [NORTH, SOUTH]);
    await apply(ofNorth());
    await editSouth();
    await oldReadersGone(migrator, 'north-1', ACT);
    expect(await due()).toEqual([]);
  });
});

describe('an account whose plaintext lies elsewhere in the config of another hospital’s row', { timeout: 300_000 }, () => {
  const elsewhere = () =>
    sql(`UPDATE integration_endpoint SET config = jsonb_build_object('settings', jsonb_build_object('login', config -> 'credentials')) WHERE id = 'south'`);
  const north = () => ({ ...ofNorth(), vocabulary: { ...migrator.vocabulary, places: ['settings.login'] } });

  it('is not rotated as long as it lies there, and is once somebody has taken it away', async () => {
    await plant(testEnvironment.db, [NORTH, { ...SOUTH, credentials: SHARED }]);
    await elsewhere();
    await apply(north());
    await verify(north());
    expect((await scrubbing(testEnvironment, north())).json).toMatchObject({ scrubbed: 1, failed: [] });
    expect(await due()).toEqual([]);
    await sql(`UPDATE integration_endpoint SET config = '{}' WHERE id = 'south'`);
    await apply(north());
    expect(await due()).toEqual(['north']);
  });

  it('is moved from there with its hospital', async () => {
    await plant(testEnvironment.db, [NORTH, { ...SOUTH, credentials: SHARED }]);
    await elsewhere();
    await apply(north());
    expect((await apply({ ...north(), filter: { orgId: 'south-1' } })).json).toMatchObject({ migrated: 1, failed: [] });
  });
});

describe('a row that was named and out of which somebody has taken its login', { timeout: 300_000 }, () => {
  it('keeps its account from no rotation, once a scrub has run', async () => {
    await plant(testEnvironment.db, [NORTH, { ...SOUTH, credentials: SHARED }]);
    await apply(ofNorth());
    await verify(ofNorth());
    await sql(`UPDATE integration_endpoint SET config = config - 'credentials' WHERE id = 'south'`);
    expect((await scrubbing(testEnvironment, ofNorth())).json).toMatchObject({ scrubbed: 1, failed: [] });
    const { orgId = '', loginIdentity, secretArn } = (await findEndpoint(migrator.db, { endpointId: 'north' })) ?? {};
    const north = { orgId, loginIdentity: loginIdentity ?? '', secretArn: secretArn ?? '' };
    expect([await due(), await liesElsewhere(testEnvironment.db, north)]).toEqual([['north'], false]);
  });
});

describe('an identity key that is changed while a hospital is not migrated yet', { timeout: 300_000 }, () => {
  it('may go once apply has run with both, and the hospital is migrated without it', async () => {
    await plant(testEnvironment.db, [SOUTH]);
    await apply(ofNorth());
    const { RCM_IDENTITY_KEY_FILE: oldKey = '' } = testEnvironment.environment;
    const next = { RCM_IDENTITY_KEY_FILE: `${oldKey}-next`, RCM_IDENTITY_KEY_ID: '2' };
    writeFileSync(next.RCM_IDENTITY_KEY_FILE, 'the-next-key-0123456789-0123456789-0123456789', { mode: 0o600 });
    const both = testEnvironment.migrator({ ...next, RCM_PREVIOUS_IDENTITY_KEY_FILE: oldKey, RCM_PREVIOUS_IDENTITY_KEY_ID: '1' });
    await apply({ ...both, filter: { orgId: 'north-1' } });
    expect((await apply(testEnvironment.migrator(next))).json).toMatchObject({ migrated: 1, failed: [] });
  });
});
