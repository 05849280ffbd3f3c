import { credentialReference, parseReference, type StoredSecret, type TenantStores } from '@rcm/credentials';
import { findEndpoint, openDatabase } from '@rcm/db';
import { retireEndpoint } from '@rcm/db/admin';
import { urlFor } from '@rcm/db/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { apply } from './commands/apply.ts';
import { createPatience } from './pacing/patience.ts';
import { passwordOf, SLOW_MS } from './resolve.fixture.ts';
import { plant, type Seed } from './seeds.fixture.ts';
import type { OpenMigration } from './services.ts';
import { openTestEnvironment, rotate, stored, type TestEnvironment } from './testing.fixture.ts';

const OLD = 'as-it-was-before';
const NORTH: Seed = { id: 'north', orgId: 'north-1', portal: 'alpine', credentials: { username: 'one-account', password: OLD } };
const SOUTH: Seed = { ...NORTH, id: 'south', orgId: 'south-1' };

let testEnvironment: TestEnvironment;
let migrator: OpenMigration;
/** What the north's secret held before it was rotated. */
let before: StoredSecret;

const sql = (statement: string) => testEnvironment.db.transaction('every tenant', (tx) => tx.$executeRawUnsafe(statement));

async function secretOfNorth(): Promise<StoredSecret> {
  const row = await findEndpoint(migrator.db, { endpointId: NORTH.id });
  const found = await migrator.stores.forTenant(NORTH.orgId).read(parseReference(row?.secretArn ?? ''));
  if (!found) throw new Error('no secret');
  return found;
}

beforeEach(async () => {
  testEnvironment = await openTestEnvironment();
  migrator = testEnvironment.migrator();
  await plant(testEnvironment.db, [NORTH]);
  await apply(migrator);
  before = await secretOfNorth();
  await sql(`UPDATE integration_endpoint SET config = config - 'credentials'`);
  await rotate(testEnvironment, migrator, NORTH, (payload) => payload);
  await sql(`UPDATE integration_endpoint SET last_rotated_at = now()`);
});
afterEach(() => testEnvironment.close());

/** What lies where the south's secret would. */
async function inSouth(): Promise<unknown> {
  const { id: endpointId, orgId } = SOUTH;
  const { environment, new: places } = migrator.places;
  const reference = credentialReference({ ...places[0], environment, orgId, endpointId, portalAccountId: `account-${endpointId}` });
  return passwordOf((await migrator.stores.forTenant(orgId).read(reference))?.text.reveal());
}

const withPassword = (password: unknown): Seed => ({ ...SOUTH, credentials: { username: 'one-account', password } });

describe('a row with the password that its account had before it was rotated under another endpoint', { timeout: SLOW_MS }, () => {
  /** A store that has not heard of the rotation for so many reads, as SSM and Secrets Manager may for a moment. */
  const behind = (reads: number): OpenMigration => {
    let left = reads;
    const stores: TenantStores = {
      ...migrator.stores,
      forTenant(orgId) {
        const store = migrator.stores.forTenant(orgId);
        return orgId === NORTH.orgId ? { ...store, read: (...asked) => (left-- > 0 ? Promise.resolve(before) : store.read(...asked)) } : store;
      },
    };
    return { ...migrator, stores, patience: createPatience({ clock: migrator.clock, random: () => 0, stop: migrator.giveUp, tries: 3, firstPauseMs: 1 }) };
  };

  it.each([
    ['for a moment', 1, { code: 'state_conflict', class: 'mend' }],
    ['for long', Infinity, { code: 'store_unavailable', class: 'transient' }],
  ])('is not moved where that one’s store is behind %s', async (_, reads, failure) => {
    await plant(testEnvironment.db, [SOUTH]);
    expect((await apply(behind(reads))).json).toMatchObject({ migrated: 0, failed: [{ endpointId: SOUTH.id, ...failure }] });
    expect(await inSouth()).toBeUndefined();
  });

  it('is moved once the row says what that one’s secret does', async () => {
    const now = passwordOf((await stored(migrator, NORTH)).text);
    await plant(testEnvironment.db, [withPassword(now)]);
    expect((await apply(behind(1))).json).toMatchObject({ migrated: 1, failed: [] });
    expect(await inSouth()).toBe(now);
  });

  describe('that has been retired since', () => {
    let now: unknown;
    beforeEach(async () => {
      now = passwordOf((await stored(migrator, NORTH)).text);
      const operator = openDatabase({ url: urlFor('rcm_operator', testEnvironment.url), applicationName: 'operator', maxConnections: 1 });
      expect(await retireEndpoint(operator, NORTH.id, { actor: 'person:os:jane', reason: 'the hospital left' })).toBe('retired');
      await operator.close();
    });

    it('is not moved: its secret lies there still, and says another', async () => {
      await plant(testEnvironment.db, [SOUTH]);
      const { json } = await apply(migrator);
      expect(json).toMatchObject({ migrated: 0, failed: [{ endpointId: SOUTH.id, code: 'state_conflict' }] });
      expect(JSON.stringify(json)).toMatch(/north, which is retired/);
      expect(await inSouth()).toBeUndefined();
    });

    it('is moved where it says the same, and where that secret was removed', async () => {
      await plant(testEnvironment.db, [withPassword(now)]);
      expect((await apply(migrator)).json).toMatchObject({ migrated: 1, failed: [] });
      expect(await inSouth()).toBe(now);
      await sql(`UPDATE integration_endpoint SET retired_secret_removed_at = now() WHERE id = 'north'`);
      await plant(testEnvironment.db, [{ ...SOUTH, id: 'west', orgId: 'west-1' }]);
      expect((await apply(migrator)).json).toMatchObject({ migrated: 1, failed: [] });
    });
  });
});
