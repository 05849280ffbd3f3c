import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freshDatabase } from '@rcm/test-services';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Database } from '../database.ts';
import { openDatabase } from '../open-database.ts';
import { ALL_ROLES, type AppRole } from '../roles/app-role.ts';
import { asSuperuser, migrateWithLogins, urlFor } from '../testing.ts';
import { applyMigrations } from './apply.ts';
import { migrationNames, SHIPPED } from './files.ts';
import { databaseProblem, schemaWords } from './schema-state.ts';

let database: Awaited<ReturnType<typeof freshDatabase>>;
const opened: Database[] = [];
afterEach(async () => {
  await Promise.all(opened.splice(0).map((db) => db.close()));
  await database.drop();
});

/** As an app opens it. */
function open(role: AppRole, url = urlFor(role, database.url)): Database {
  const db = openDatabase({ url, applicationName: 'schema-state', role, maxConnections: 1 });
  opened.push(db);
  return db;
}
const refusedWith = (db: Database, words: RegExp) => expect(db.ping()).rejects.toMatchObject({ code: 'config_invalid', message: expect.stringMatching(words) });

test('a database that was never migrated is refused, and what to run is said', async () => {
  database = await freshDatabase({ migrate: async () => {}, template: 'empty' });
  const db = open('rcm_agent', database.url);
  await refusedWith(db, /never migrated.*`rcm db migrate`/);
  expect(await databaseProblem(db)).toMatch(/never migrated/);
});

test('a database of before apps could ask is behind', async () => {
  database = await freshDatabase({ migrate: async () => {}, template: 'empty' });
  const earlier = await mkdtemp(join(tmpdir(), 'rcm-earlier-'));
  try {
    const names = await migrationNames(SHIPPED);
    const asking = names.findIndex((name) => name.endsWith('_schema_standing'));
    for (const name of names.slice(0, asking)) await cp(join(SHIPPED, name), join(earlier, name), { recursive: true });
    await applyMigrations({ url: database.url, directory: earlier });
  } finally {
    await rm(earlier, { recursive: true });
  }
  await refusedWith(open('rcm_agent', database.url), /behind this version.*`rcm db migrate`/);
});

// A role of the server's would be seen by tests beside this one, so the right is taken away in this database.
test('a login that may not ask is told nothing of migrations: what is wrong with it is its roles’ to say', async () => {
  database = await freshDatabase({ migrate: migrateWithLogins });
  await asSuperuser(database.url, ['REVOKE EXECUTE ON FUNCTION rcm_migrations() FROM rcm_agent', 'DELETE FROM _prisma_migrations']);
  const db = open('rcm_agent');
  await db.ping();
  expect(await schemaWords(db)).toEqual({ refused: null, told: null });
});

describe('as each role', () => {
  beforeEach(async () => void (database = await freshDatabase({ migrate: migrateWithLogins })));
  const since = (change: string) => asSuperuser(database.url, [change]);
  const newest = '(SELECT max(migration_name) FROM _prisma_migrations)';

  test.each(ALL_ROLES)('%s works on a database of its version', async (role) => {
    const db = open(role);
    await db.ping();
    expect(await schemaWords(db)).toEqual({ refused: null, told: null });
    expect(await databaseProblem(db)).toBeNull();
  });

  test.each(ALL_ROLES)('%s is refused where a migration is missing, and told which', async (role) => {
    await since(`DELETE FROM _prisma_migrations WHERE migration_name = ${newest}`);
    await refusedWith(open(role), new RegExp(`behind this version, which has 1 more \\(${(await migrationNames(SHIPPED)).at(-1)}\\).*\`rcm db migrate\``));
  });

  test('one that was begun and not finished counts as missing', async () => {
    await since(`UPDATE _prisma_migrations SET finished_at = NULL WHERE migration_name = ${newest}`);
    await refusedWith(open('rcm_rotator'), /begun and not finished/);
  });

  test('a newer database is only told of', async () => {
    await since(`INSERT INTO _prisma_migrations (id, checksum, migration_name, finished_at) VALUES ('later', 'x', '20990101000000_later', now())`);
    const db = open('rcm_agent');
    await db.ping();
    expect(await databaseProblem(db)).toBeNull();
    expect(await schemaWords(db)).toEqual({ refused: null, told: expect.stringMatching(/20990101000000_later.*older than the database/) });
  });

  test('one that answers and only reads is a problem, for as long as it does', async () => {
    const set = (setting: string) =>
      `DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET default_transaction_read_only = ${setting}', current_database()); END $$`;
    await since(set('on'));
    for (const role of ['rcm_rotator', 'rcm_console'] as const) expect(await databaseProblem(open(role))).toMatch(/only reads/);
    await asSuperuser(database.url, ['SET default_transaction_read_only = off', set('off')]);
    expect(await databaseProblem(open('rcm_rotator'))).toBeNull();
  });

  test('a database that is restored to an earlier day under a running process is noticed', async () => {
    const db = open('rcm_agent');
    expect(await databaseProblem(db)).toBeNull();
    await since(`DELETE FROM _prisma_migrations WHERE migration_name = ${newest}`);
    expect(await databaseProblem(db)).toMatch(/behind this version.*`rcm db migrate`/);
  });
});
