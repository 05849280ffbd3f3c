import { afterAll, beforeAll, expect, test } from 'vitest';
import { Prisma } from './generated/client.ts';
import { openDatabase } from './open-database.ts';
import { openTestDatabase, type TestDatabase } from './testing.fixture.ts';

let t: TestDatabase;
beforeAll(async () => void (t = await openTestDatabase()));
afterAll(() => t.close());

test('whatever the server does elsewhere, it compiles no statement of ours just in time', async () => {
  await t.sql(`DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET jit = on', current_database()); END $$`);
  const db = openDatabase({ url: t.url, applicationName: 'jit', maxConnections: 1 });
  try {
    const said = await db.transaction(
      'no tenant',
      (tx) => tx.$queryRaw`SELECT current_setting('jit') AS jit, (SELECT reset_val FROM pg_settings WHERE name = 'jit') AS otherwise`,
    );
    expect(said).toEqual([{ jit: 'off', otherwise: 'on' }]);
  } finally {
    await db.close();
  }
});

test.each([
  ['off', 'on'],
  ['local', 'local'],
  ['remote_apply', 'remote_apply'],
])('where the server answers a commit when it is %s, what we commit is %s: on its disk at least, before anybody acts by it', async (otherwise, ours) => {
  await t.sql(`DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET synchronous_commit = ${otherwise}', current_database()); END $$`);
  const db = openDatabase({ url: t.url, applicationName: 'durable', maxConnections: 1 });
  const read = Prisma.sql`SELECT current_setting('synchronous_commit') AS ours, (SELECT reset_val FROM pg_settings WHERE name = 'synchronous_commit') AS otherwise`;
  try {
    expect(await db.transaction('no tenant', (tx) => tx.$queryRaw(read))).toEqual([{ ours, otherwise }]);
    expect(await db.rawTransaction({ tenant: 'hospital-one' }, (tx) => tx.$queryRaw(read))).toEqual([{ ours, otherwise }]);
  } finally {
    await db.close();
    await t.sql(`DO $$ BEGIN EXECUTE format('ALTER DATABASE %I RESET synchronous_commit', current_database()); END $$`);
  }
});
