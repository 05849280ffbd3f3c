import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { translateFailure } from '../failure.ts';
import { insertEndpoint } from '../endpoints/seed.ts';
import { urlFor } from '../testing.ts';
import { openTwoTenants, type TwoTenants } from './two-tenants.fixture.ts';

let w: TwoTenants;
let agent: pg.Pool;
beforeAll(async () => {
  w = await openTwoTenants();
  agent = new pg.Pool({ connectionString: urlFor('rcm_agent', w.t.url), max: 1 });
});
afterAll(async () => {
  await agent.end();
  await w.close();
});

/** As an agent of `mine`, in a transaction that is rolled back. */
async function asMine<T>(act: (client: pg.PoolClient) => Promise<T>): Promise<T> {
  const client = await agent.connect();
  try {
    await client.query('BEGIN');
    await client.query(`SELECT set_config('app.tenant_id', $1, true)`, [w.mine.orgId]);
    return await act(client);
  } finally {
    await client.query('ROLLBACK');
    client.release();
  }
}
const failing = (text: string, values: readonly unknown[]) =>
  asMine((client) =>
    client.query(text, [...values]).then(
      () => null,
      (error: unknown) => error,
    ),
  );

test('a reference to another tenant’s endpoint fails exactly as one to none', async () => {
  const task = `INSERT INTO portal_task (id, org_id, endpoint_id, name, requested_by) VALUES (gen_random_uuid(), $1, $2, 'n', 'terminal:t')`;
  const [theirs, none] = [await failing(task, [w.mine.orgId, w.other.endpointId]), await failing(task, [w.mine.orgId, 'none'])];
  const told = (error: unknown) => ({
    translated: JSON.stringify(translateFailure(error)),
    raw: String((error as { detail?: string }).detail).replace(w.other.endpointId, 'none'),
  });
  expect(told(theirs)).toEqual(told(none));
  expect(translateFailure(theirs)).toMatchObject({ code: 'input_invalid', details: { sqlState: '23503' } });
});

test('an idempotency key of another tenant is free', async () => {
  await w.t.sql(`UPDATE portal_task SET idempotency_key = 'k' WHERE org_id = $1`, [w.other.orgId]);
  const task = `INSERT INTO portal_task (id, org_id, endpoint_id, name, idempotency_key, requested_by) VALUES (gen_random_uuid(), $1, $2, 'n', 'k', 'terminal:t')`;
  expect(await failing(task, [w.mine.orgId, w.mine.endpointId])).toBeNull();
});

test('an id that is taken by another tenant is said to be taken, and not by whom or how', async () => {
  const taken = insertEndpoint(w.t.db, {
    id: w.other.endpointId,
    orgId: w.mine.orgId,
    portalTypeCode: 'alpine',
    accountId: 'x',
    baseUrl: 'https://alpine.example/',
  });
  const error: unknown = await taken.catch((reason: unknown) => reason);
  expect(error).toMatchObject({ code: 'state_conflict' });
  expect(String(error).replace(w.other.endpointId, '')).not.toContain(w.other.orgId);
});

test('the planner’s samples show nothing: of rows, of the most common values', async () => {
  await w.t.sql('ANALYZE');
  const stats = await w.t.sql(`SELECT DISTINCT tablename FROM pg_stats WHERE schemaname = 'public'`);
  expect(stats.map((row) => row.tablename)).toContain('integration_endpoint');
  const { rows } = await asMine((client) => client.query(`SELECT DISTINCT tablename FROM pg_stats WHERE schemaname = 'public' AND tablename <> 'portal_type'`));
  expect(rows).toEqual([]);
});

test('a function that tells what it is given is given no other tenant’s row, however cheap it claims to be', async () => {
  const told: string[] = [];
  await asMine(async (client) => {
    client.on('notice', (notice) => told.push(notice.message ?? ''));
    await client.query(
      `CREATE FUNCTION pg_temp.tell(text) RETURNS boolean LANGUAGE plpgsql COST 0.0000001 AS $$ BEGIN RAISE NOTICE '%', $1; RETURN true; END $$`,
    );
    for (const table of ['integration_endpoint', 'login_lease', 'login_attempt', 'portal_task', 'rotation_attempt'])
      await client.query(`SELECT 1 FROM ${table} WHERE pg_temp.tell(org_id)`);
    await client.query(`SELECT 1 FROM login_identity WHERE pg_temp.tell(id)`);
  });
  expect([...new Set(told)].sort()).toEqual([w.mine.orgId, w.mine.loginIdentity].sort());
});

test('what other sessions are doing is not shown', async () => {
  await w.t.sql('SELECT 1 AS of_a_superuser');
  const { rows } = await asMine((client) =>
    client.query(`SELECT query FROM pg_stat_activity WHERE usename <> current_user AND query NOT IN ('', '<insufficient privilege>')`),
  );
  expect(rows).toEqual([]);
});
