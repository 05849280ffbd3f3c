import pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { ENTER_SCOPE } from './beginning-client.ts';
import { openDatabase } from './open-database.ts';
import { createPool } from './pool.ts';
import { openTestDatabase, type TestDatabase } from './testing.fixture.ts';

let t: TestDatabase;
let pool: pg.Pool;
beforeAll(async () => {
  t = await openTestDatabase();
  await t.sql('CREATE TABLE written (what text)');
  pool = createPool({ url: t.url, applicationName: 'beginning', maxConnections: 1 });
});
afterEach(() => void vi.restoreAllMocks());
afterAll(async () => {
  await pool.end();
  await t.close();
});

/** What Postgres says of the one connection of the pool. */
async function stateOf(): Promise<string | undefined> {
  const [row] = await t.sql<{ state: string }>(`SELECT state FROM pg_stat_activity WHERE application_name = 'beginning'`);
  return row?.state;
}

/** Borrows the connection, and gives it back whatever comes of it. */
async function borrowed<T>(act: (client: pg.PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  try {
    return await act(client);
  } finally {
    client.release();
  }
}

const written = async (): Promise<string[]> => (await t.sql<{ what: string }>('DELETE FROM written RETURNING what')).map(({ what }) => what);

describe('a transaction', () => {
  test('is one message to begin and enter it, one for each statement, and one to end it', async () => {
    const db = openDatabase({ url: t.url, applicationName: 'counted', maxConnections: 1 });
    try {
      await db.ping();
      const sent = vi.spyOn(pg.Client.prototype, 'query');
      await db.transaction({ tenant: 'hospital-one' }, (tx) => tx.$queryRaw`SELECT 1 AS one`);
      expect(sent).toHaveBeenCalledTimes(3);
    } finally {
      await db.close();
    }
  });

  test('sees its scope for as long as it lasts, and is read committed whatever the login has by default', async () => {
    await t.sql(`DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET default_transaction_isolation = serializable', current_database()); END $$`);
    const db = openDatabase({ url: t.url, applicationName: 'isolated', maxConnections: 1 });
    const said = (tx: Parameters<Parameters<typeof db.transaction>[1]>[0]) =>
      tx.$queryRaw`SELECT current_setting('app.tenant_id') AS tenant, current_setting('transaction_isolation') AS isolation, current_setting('default_transaction_isolation') AS otherwise`;
    try {
      for (const [scope, tenant] of [
        [{ tenant: 'hospital-one' }, 'hospital-one'],
        ['every tenant', '*'],
        ['no tenant', ''],
      ] as const)
        expect(await db.transaction(scope, said)).toEqual([{ tenant, isolation: 'read committed', otherwise: 'serializable' }]);
    } finally {
      await db.close();
      await t.sql(`DO $$ BEGIN EXECUTE format('ALTER DATABASE %I RESET default_transaction_isolation', current_database()); END $$`);
    }
  });

  test.each(["o'one", `o\\'; DROP TABLE written; --`, '$1', '$&', ''])('enters the scope %j as it is', async (scope) => {
    await borrowed(async (client) => {
      await client.query('BEGIN');
      await client.query({ text: ENTER_SCOPE, values: [scope, Date.now()] });
      expect((await client.query(`SELECT current_setting('app.tenant_id') AS scope`)).rows).toEqual([{ scope }]);
      await client.query('ROLLBACK');
    });
    expect(await written()).toEqual([]);
  });

  test('is begun before whatever else comes first, and taken back whole', async () => {
    await borrowed(async (client) => {
      await client.query('BEGIN');
      await client.query(`INSERT INTO written VALUES ('first')`);
      await client.query(`INSERT INTO written VALUES ('second')`);
      expect(await stateOf()).toBe('idle in transaction');
      await client.query('ROLLBACK');
    });
    expect(await written()).toEqual([]);
  });

  test.each(['COMMIT', 'ROLLBACK'])('that asks nothing ends with %s', async (end) => {
    await borrowed(async (client) => {
      await client.query('BEGIN');
      await client.query(end);
      expect(await stateOf()).toBe('idle');
    });
  });

  test('that was never begun leaves nothing to who has the connection next', async () => {
    await borrowed(async (client) => void (await client.query('BEGIN')));
    await borrowed((client) => client.query(`INSERT INTO written VALUES ('of the next')`));
    expect(await stateOf()).toBe('idle');
    expect(await written()).toEqual(['of the next']);
  });

  test('whose beginning fails asks nothing else', async () => {
    const client = await pool.connect();
    const broken = new Promise((resolve) => void client.on('error', resolve));
    await client.query('BEGIN');
    await t.sql(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'beginning'`);
    await broken;
    await expect(client.query(`INSERT INTO written VALUES ('outside')`)).rejects.toThrow();
    client.release(true);
    expect(await written()).toEqual([]);
  });
});
