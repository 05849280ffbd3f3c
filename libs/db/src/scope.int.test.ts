import { afterAll, beforeAll, expect, test } from 'vitest';
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
