import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeEndpoint, openTestDatabase, type TestDatabase } from '../testing.fixture.ts';

let t: TestDatabase;
beforeAll(async () => void (t = await openTestDatabase()));
afterAll(() => t.close());

test('a login writes into the row of its account alone, and into none of its indexes', async () => {
  const { loginIdentity } = await makeEndpoint(t.db);
  const hot = await t.db.transaction('no tenant', async (tx) => {
    const counts: number[] = [];
    for (const at of ['2030-01-01T00:00:00Z', '2030-01-01T10:00:00Z', '2030-01-01T23:59:59Z', '2030-01-02T00:00:00Z']) {
      await tx.$executeRaw`UPDATE login_identity SET last_login_at = ${at}::timestamptz WHERE id = ${loginIdentity}`;
      const [row] = await tx.$queryRaw<{ hot: number }[]>`SELECT n_tup_hot_upd::int AS hot FROM pg_stat_xact_user_tables WHERE relname = 'login_identity'`;
      counts.push(row?.hot ?? 0);
    }
    return counts;
  });
  expect(hot).toEqual([1, 2, 3, 4]);
});

test('a line of the ledger has an id that grows: its first digits are Postgres’s milliseconds', async () => {
  const [row] = await t.sql<{ id: string; since: number; until: number }>(`
    SELECT n.id, n.since, floor(extract(epoch FROM clock_timestamp()) * 1000)::float8 AS until
      FROM (SELECT floor(extract(epoch FROM clock_timestamp()) * 1000)::float8 AS since, rcm_new_id()::text AS id OFFSET 0) n`);
  expect(row?.id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  const madeAt = Number.parseInt(row?.id.replaceAll('-', '').slice(0, 12) ?? '', 16);
  expect(madeAt >= (row?.since ?? Infinity) && madeAt <= (row?.until ?? 0)).toBe(true);
  const [column] = await t.sql<{ made: string }>(
    `SELECT pg_get_expr(d.adbin, d.adrelid) AS made FROM pg_attrdef d JOIN pg_attribute a ON (a.attrelid, a.attnum) = (d.adrelid, d.adnum) WHERE d.adrelid = 'login_attempt'::regclass AND a.attname = 'id'`,
  );
  expect(column?.made).toBe('rcm_new_id()');
});
