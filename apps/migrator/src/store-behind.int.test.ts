import { parseReference, type StoredSecret, type TenantStores } from '@rcm/credentials';
import { findEndpoint } from '@rcm/db';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { apply } from './commands/apply.ts';
import { rollback } from './commands/rollback.ts';
import { verify } from './commands/verify.ts';
import { createPatience } from './pacing/patience.ts';
import { ACT, RowAndSecret, SLOW_MS } from './resolve.fixture.ts';
import type { OpenMigration } from './services.ts';
import { rotate, scrubbing } from './testing.fixture.ts';

let w: RowAndSecret;

beforeEach(async () => {
  w = await RowAndSecret.open();
  await apply(w.migrator);
});
afterEach(() => w.close());

/** A store that has not heard of the last write for so many reads, as SSM and Secrets Manager may for a moment. */
const behind = (stores: TenantStores, old: StoredSecret, reads: number): TenantStores => {
  let left = reads;
  return {
    ...stores,
    forTenant(orgId) {
      const store = stores.forTenant(orgId);
      return { ...store, read: (...asked) => (left-- > 0 ? Promise.resolve(old) : store.read(...asked)) };
    },
  };
};

/** The login is rotated, and the store answers with what it held before. */
async function rotatedBehind(reads: number): Promise<OpenMigration> {
  const { migrator, seed, testEnvironment } = w;
  const row = await findEndpoint(migrator.db, { endpointId: seed.id });
  const old = await migrator.stores.forTenant(seed.orgId).read(parseReference(row?.secretArn ?? ''));
  if (!old) throw new Error('no secret');
  await rotate(testEnvironment, migrator, seed, (payload) => payload);
  const patience = createPatience({ clock: migrator.clock, random: () => 0, stop: migrator.giveUp, tries: 3, firstPauseMs: 1 });
  return { ...migrator, patience, stores: behind(migrator.stores, old, reads) };
}

describe('a store that answers what a rotation has just replaced', { timeout: SLOW_MS }, () => {
  const back = async (migration: OpenMigration) => (await rollback(migration, { endpointId: w.seed.id }, ACT)).json;

  it('is asked again, and a rollback puts the password back that the portal accepts', async () => {
    await verify(w.migrator);
    await scrubbing(w.testEnvironment, w.migrator);
    const late = await rotatedBehind(1);
    const now = await w.inStore();
    expect(await back(late)).toMatchObject({ restored: 1 });
    expect(await w.inRow()).toBe(now);
  });

  it('for long lets nothing be rolled back: old readers would lock the account with it', async () => {
    await verify(w.migrator);
    await scrubbing(w.testEnvironment, w.migrator);
    expect(await back(await rotatedBehind(Infinity))).toMatchObject({ restored: 0, failed: [{ code: 'store_unavailable', class: 'transient' }] });
    expect(await w.inRow()).toBeUndefined();
    expect(await findEndpoint(w.migrator.db, { endpointId: w.seed.id })).toMatchObject({ secretArn: expect.any(String) as string, currentVersion: '2' });
  });

  it('is not taken for the store’s login where a person says that it is right', async () => {
    await w.person.types(w.seed, 'typed');
    const late = await rotatedBehind(1);
    const now = await w.inStore();
    expect(await w.decide('store', late)).toMatchObject({ complete: true });
    expect(await w.inRow()).toBe(now);
    expect(await findEndpoint(w.migrator.db, { endpointId: w.seed.id })).toMatchObject({ currentVersion: '2' });
  });
});
