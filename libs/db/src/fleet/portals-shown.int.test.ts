import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Database } from '../database.ts';
import { makeEndpoint, openTestDatabase, type TestDatabase } from '../testing.fixture.ts';
import { findPortalType } from './portal-types.ts';
import { listPortals, showPortal } from './portals-shown.ts';

let t: TestDatabase;
let operator: Database;
beforeAll(async () => {
  t = await openTestDatabase();
  operator = t.another('rcm_operator');
});
afterAll(() => t.close());

/** What is kept of each portal type, as lists say it, beside what there is. */
async function keptAndCounted() {
  const counted = await t.sql<{ code: string; logins: number }>(
    `SELECT p.code, count(e.id)::int AS logins FROM portal_type p LEFT JOIN integration_endpoint e ON e.portal_type_code = p.code GROUP BY 1 ORDER BY 1`,
  );
  const kept = (await listPortals(operator, 'every tenant')).map(({ code, logins }) => ({ code, logins }));
  return { kept, counted };
}

test('how many logins each portal type has is kept as they come, move and go, also of many at once', async () => {
  const [one, other] = [await makeEndpoint(t.db, { portal: { code: 'kept-one' } }), await makeEndpoint(t.db, { portal: { code: 'kept-other' } })];
  await Promise.all(Array.from({ length: 8 }, () => makeEndpoint(t.db, { portal: { code: 'kept-one' } })));
  await t.sql(
    `INSERT INTO integration_endpoint (id, org_id, portal_type_code, account_id, base_url)
     SELECT 'many-' || n, $1, CASE WHEN n % 3 = 0 THEN 'kept-one' ELSE 'kept-other' END, 'many-' || n, 'https://alpine.example/' FROM generate_series(1, 30) n`,
    [one.orgId],
  );
  await t.sql(`DELETE FROM integration_endpoint WHERE id IN ('many-1', 'many-3', 'many-6')`);
  await t.sql(
    `WITH why AS (SELECT set_config('app.reason', 'a test', true)) UPDATE integration_endpoint SET portal_type_code = 'kept-other' FROM why WHERE id IN ('many-9', 'many-12')`,
  );
  const { kept, counted } = await keptAndCounted();
  expect(kept).toEqual(counted);
  expect(Object.fromEntries(kept.map(({ code, logins }) => [code, logins]))).toMatchObject({ 'kept-one': 1 + 8 + 10 - 4, 'kept-other': 1 + 20 - 1 + 2 });
  expect((await findPortalType(operator, { code: 'kept-one' }))?.logins).toBe(15);
  expect((await showPortal(operator, { code: 'kept-other', scope: 'every tenant' }))?.logins).toBe(22);
  expect((await showPortal(operator, { code: 'kept-other', scope: { tenant: other.orgId } }))?.logins).toBe(1);
});

test('what is rolled back is not counted', async () => {
  const before = await keptAndCounted();
  const added = t.db.transaction('every tenant', async (tx) => {
    await tx.$executeRaw`INSERT INTO integration_endpoint (id, org_id, portal_type_code, account_id, base_url) SELECT 'gone', id, 'kept-one', 'gone', 'https://alpine.example/' FROM organization LIMIT 1`;
    throw new Error('not after all');
  });
  await expect(added).rejects.toThrow();
  expect(await keptAndCounted()).toEqual(before);
});
