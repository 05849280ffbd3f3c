import { randomBytes, randomUUID } from 'node:crypto';
import { Secret } from '@rcm/telemetry';
import pg from 'pg';
import type { AppRole } from '../roles/app-role.ts';
import { ensureAppLogin } from '../roles/login.ts';
import type { TestDatabase } from '../testing.fixture.ts';
import { type CatalogTable, type HostileStatement, tablesOf } from './hostile-statements.fixture.ts';
import { openTwoTenants, type Tenant, type TwoTenants, valuesOf } from './two-tenants.fixture.ts';
import { TENANT_ROWS } from './tenant-rows.fixture.ts';

/** What became of a statement: the SQLSTATE that refused it, or whether its transaction was given a number, without which nothing is written. */
export type Sent = Refused | { readonly refused: null; readonly wrote: boolean };

interface Refused {
  readonly refused: string;
  /** The login lacks a right that the statement itself needs: Postgres looked at no row, no value and no tenant, and ran no function. */
  readonly byRights: boolean;
}

export interface TakenOver {
  readonly w: TwoTenants;
  /** Has an account in common with `mine`. */
  readonly sharer: Tenant;
  /** Name of the login that was taken over. */
  readonly login: string;
  readonly tables: readonly CatalogTable[];
  /** Rights that it was found to lack. */
  readonly lacking: Set<string>;
  /** Sends a statement in a transaction of its own and commits it. */
  send(scope: string | null, statement: HostileStatement): Promise<Sent>;
  /** What is not `mine`, by table, as a superuser finds it; and the schema itself. */
  notMine(): Promise<Readonly<Record<string, string>>>;
  close(): Promise<void>;
}

/** Whether the transaction in hand was given a number; one that was ended and begun anew by what it was sent may have had one. */
export const WROTE = `SELECT pg_catalog.pg_current_xact_id_if_assigned() IS NOT NULL OR pg_catalog.current_setting('test.is_open', true) IS DISTINCT FROM 'yes' AS wrote`;

/** Two tenants with rows in every table and every state of a task, a third that shares an account, and a login of `role` that is nobody else's. */
export async function openTakenOver(role: AppRole): Promise<TakenOver> {
  const w = await openTwoTenants();
  const { t, mine, other } = w;
  const sharer: Tenant = { orgId: 'sharer', endpointId: 'sharer-endpoint', loginIdentity: mine.loginIdentity, uuid: randomUUID() };
  await makeSharer(t, sharer);
  for (const tenant of [mine, other, sharer]) await makeTasks(t, tenant);
  await makeShared(t, { mine, other });
  const login = `taken_over_${randomBytes(4).toString('hex')}`;
  const url = await ensureAppLogin({ adminUrl: t.url, role, name: login, password: new Secret(randomBytes(16).toString('hex')) });
  const pool = new pg.Pool({ connectionString: url, max: 1 });
  const tables = await tablesOf(t);
  return {
    w,
    sharer,
    login,
    tables,
    lacking: new Set(),
    async send(scope, { text, values = [] }) {
      const client = await pool.connect();
      const begin = `BEGIN; SET LOCAL test.is_open = 'yes'${scope === null ? '' : `; SELECT set_config('app.tenant_id', '${scope}', true)`}`;
      try {
        // In one message where it has no values: there are tens of thousands of them.
        if (values.length === 0) await client.query(`${begin}; ${text}`);
        else {
          await client.query(begin);
          await client.query(text, [...values]);
        }
        const { rows } = await client.query<{ wrote: boolean }>(WROTE);
        await client.query('COMMIT');
        // Whatever it has set in its session goes.
        await client.query('DISCARD ALL');
        client.release();
        return { refused: null, wrote: rows[0]?.wrote !== false };
      } catch (error) {
        const isWell = await client.query('ROLLBACK').then(
          () => true,
          () => false,
        );
        client.release(!isWell);
        const { code, routine, where } = error as { readonly code?: unknown; readonly routine?: unknown; readonly where?: unknown };
        return { refused: String(code), byRights: routine === 'aclcheck_error' && where === undefined };
      }
    },
    notMine: () => notOf(t.sql, tables, mine),
    async close() {
      await pool.end();
      await t.sql(`DROP OWNED BY ${login}; DROP ROLE ${login}`);
      await w.close();
    },
  };
}

async function makeSharer(t: TestDatabase, sharer: Tenant): Promise<void> {
  const ownRotation = new Set(['login_identity', 'rotation_attempt']);
  for (const [table, insert] of Object.entries(TENANT_ROWS)) if (!ownRotation.has(table)) await t.sql(insert, valuesOf(sharer));
}

/**
 * Waiting, in hand, left by a worker that died, past its deadline, just ended, and ended long ago; and keys of days that are over, of which
 * the tasks name one.
 */
const makeTasks = (t: TestDatabase, { orgId, endpointId }: Tenant) =>
  t.sql(
    `WITH past AS (INSERT INTO tenant_data_key (id, org_id, wrapped_by, wrapped, created_at, seals_until)
                   SELECT gen_random_uuid(), $1, 'file:test', repeat('x', 60)::bytea, now() - d * interval '1 day', now() - (d - 1) * interval '1 day' FROM (VALUES (3), (4)) v (d)
                   RETURNING id, created_at),
          k AS (SELECT id FROM past ORDER BY created_at LIMIT 1)
     INSERT INTO portal_task (id, org_id, endpoint_id, name, input_sealed, input_key_id, state, worker, claimed_until, result_sealed, result_key_id, deadline_at, started_at, finished_at)
     SELECT gen_random_uuid(), $1, $2, 'n', '\\x01', (SELECT id FROM k), s.state, 'w', now() + s.claimed::interval, CASE WHEN s.result THEN '\\x01'::bytea END, CASE WHEN s.result THEN (SELECT id FROM k) END, now() + s.deadline::interval, now(), now() + s.ended::interval
       FROM (VALUES ('queued', NULL, false, '1 day', NULL), ('running', '1 minute', false, '1 day', NULL), ('running', '-1 minute', false, '1 day', NULL),
                    ('queued', NULL, false, '-1 minute', NULL), ('succeeded', NULL, true, '1 day', '0'), ('succeeded', NULL, true, '1 day', '-2 hours'), ('succeeded', NULL, true, '1 day', '-8 days')) s (state, claimed, result, deadline, ended)`,
    [orgId, endpointId],
  );

/** A row in what belongs to no tenant. */
async function makeShared(t: TestDatabase, { mine, other }: { readonly mine: Tenant; readonly other: Tenant }): Promise<void> {
  await t.sql(`INSERT INTO portal_gate (portal_type_code, opened_at, cause) VALUES ('alpine', now(), 'page_changed')`);
  await t.sql(`INSERT INTO rotation_pause (portal_type_code, actor, reason) VALUES ('alpine', 'person:os:jane', 'r')`);
  await t.sql(`INSERT INTO notice (kind, dedup_key, portal_type_code) VALUES ('breaker_open', 'breaker_open:alpine', 'alpine')`);
  await t.sql(`INSERT INTO notice_delivery (notice_id, channel, not_before) SELECT id, 'log', now() FROM notice`);
  await t.sql('INSERT INTO login_identity_past (identity, former, until) VALUES ($1, $2, now())', [mine.loginIdentity, other.loginIdentity]);
  await t.sql('INSERT INTO task_callback_receiver (org_id, name) SELECT org_id, name FROM task_callback');
  await t.sql('SELECT lo_from_bytea(0, $1)', [Buffer.from('not yours')]);
}

type Sql = (text: string, values?: readonly unknown[]) => Promise<{ part: string; held: string }[]>;

/** What is there besides a tenant's own rows, by table; and the schema itself. */
export async function notOf(sql: Sql, tables: readonly CatalogTable[], mine: Tenant): Promise<Readonly<Record<string, string>>> {
  const isMine = `coalesce(to_jsonb(r) ->> 'org_id' = $1, false) OR coalesce(to_jsonb(r) ->> 'id' IN ($1, $2), false)`;
  const parts = tables.map(
    ({ name }) =>
      `SELECT '${name}' AS part, coalesce(md5(string_agg(to_jsonb(r)::text, ',' ORDER BY to_jsonb(r)::text)), '') AS held FROM ${name} r WHERE NOT (${isMine})`,
  );
  const schema = [
    `SELECT 'relations', md5(string_agg(concat_ws(' ', c.relname, c.relkind, c.relowner, c.relacl, c.relrowsecurity, c.relforcerowsecurity), ',' ORDER BY c.oid)) FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace`,
    `SELECT 'functions', md5(string_agg(concat_ws(' ', p.proname, p.proowner, p.proacl, p.prosrc), ',' ORDER BY p.oid)) FROM pg_proc p WHERE p.pronamespace = 'public'::regnamespace`,
    `SELECT 'policies', md5(string_agg(concat_ws(' ', p.polname, p.polrelid, p.polroles, pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid)), ',' ORDER BY p.oid)) FROM pg_policy p`,
    `SELECT 'schemas', md5(string_agg(concat_ws(' ', n.nspname, n.nspowner, n.nspacl), ',' ORDER BY n.oid)) FROM pg_namespace n WHERE n.nspname NOT LIKE 'pg\\_%'`,
    `SELECT 'large objects', md5(string_agg(concat_ws(' ', l.loid, l.pageno, l.data), ',' ORDER BY l.loid, l.pageno)) FROM pg_largeobject l`,
    `SELECT 'app roles', md5(string_agg(concat_ws(' ', r.rolname, r.rolsuper, r.rolbypassrls, r.rolconfig), ',' ORDER BY r.rolname)) FROM pg_roles r WHERE r.rolname LIKE 'rcm\\_%'`,
  ];
  const rows = await sql([...parts, ...schema].join(' UNION ALL '), [mine.orgId, mine.loginIdentity]);
  return Object.fromEntries(rows.map(({ part, held }) => [part, held]));
}
