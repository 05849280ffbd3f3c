import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ALL_ROLES, CONSOLE_ROLE, OPERATOR_ROLE, READER_ROLES } from '../roles/app-role.ts';
import { INNER_TABLES, SHARED_TABLES, TENANT_ROWS, tenantColumn } from './tenant-rows.fixture.ts';
import { ASKING, type Asking, openTwoTenants, type Outcome, rowsOf, type TwoTenants, valuesOf } from './two-tenants.fixture.ts';

let w: TwoTenants;
beforeAll(async () => void (w = await openTwoTenants()));
afterAll(() => w.close());

const TABLES = Object.keys(TENANT_ROWS);
/** Of the policies and of missing rights. */
const DENIED = '42501';
/** Of the triggers on what only grows; they stop even who has every right, and before the policies are asked. */
const ONLY_GROWS = '23001';
const refused = (outcome: Outcome): boolean => 'refused' in outcome && [DENIED, ONLY_GROWS].includes(outcome.refused);
const nothing = (outcome: Outcome): boolean => refused(outcome) || ('rows' in outcome && outcome.rows === 0);
/** A migrator has to do with exclusive leases only; the tenants' rows are shared ones. */
const visible = (role: Asking, table: string, rows: number): number => (role === 'rcm_migrator' && table === 'login_lease' ? 0 : rows);
const seesAll: ReadonlySet<Asking> = new Set<Asking>(['rcm_rotator', 'rcm_migrator', OPERATOR_ROLE, CONSOLE_ROLE, ...READER_ROLES]);

test('every table of the catalogue is isolated, for its owner too, or is known to hold nothing of a tenant', async () => {
  const tables = await w.t.sql<{ name: string; isolated: boolean; has_org: boolean }>(`
    SELECT c.relname AS name, c.relrowsecurity AND c.relforcerowsecurity AND EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = c.oid) AS isolated,
           EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'org_id' AND NOT a.attisdropped) AS has_org
      FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm', 'f') ORDER BY 1`);
  expect(tables.filter((table) => !table.isolated).map((table) => table.name)).toEqual(Object.keys(SHARED_TABLES).sort());
  expect(tables.filter((table) => table.has_org && !table.isolated)).toEqual([]);
  expect(tables.filter((table) => table.isolated).map((table) => table.name)).toEqual([...TABLES, ...Object.keys(INNER_TABLES)].sort());
});

test.each(Object.keys(INNER_TABLES).flatMap((table) => ALL_ROLES.map((role) => [table, role] as const)))(
  '%s is nothing that %s could read or write',
  async (table, role) => {
    for (const statement of [`SELECT 1 FROM ${table}`, `DELETE FROM ${table}`, `INSERT INTO ${table} DEFAULT VALUES`])
      expect(await w.ask(role, w.mine.orgId, statement)).toEqual({ refused: DENIED });
  },
);

describe.each(TABLES)('%s', (table) => {
  test('holds a row of each of the two tenants', async () => {
    for (const tenant of [w.mine, w.other]) expect(await w.t.sql(`SELECT FROM ${table} WHERE ${rowsOf(table, tenant)}`)).toHaveLength(1);
  });

  test.each(ASKING)('to %s another tenant’s rows are not there: not read, counted, changed, locked or deleted', async (role) => {
    const theirs = rowsOf(table, w.other);
    const ask = (text: string) => w.ask(role, w.mine.orgId, text);
    const granted = await changeable(role, table);
    const changes = granted.map((column) => `UPDATE ${table} SET ${column} = ${column}`);
    for (const statement of [
      `SELECT 1 FROM ${table} WHERE ${theirs}`,
      `DELETE FROM ${table} WHERE ${theirs}`,
      ...changes.map((change) => `${change} WHERE ${theirs}`),
    ])
      expect(await ask(statement).then(nothing), statement).toBe(true);
    if (granted.length > 0) expect(await ask(`SELECT 1 FROM ${table} WHERE ${theirs} FOR UPDATE`).then(nothing)).toBe(true);
    // Also where no condition names them.
    const all = await ask(`SELECT 1 FROM ${table}`);
    if ('rows' in all) expect(all.rows).toBe(visible(role, table, 1));
    for (const change of changes) {
      const outcome = await ask(change);
      if ('rows' in outcome) expect(outcome.rows, change).toBeLessThanOrEqual(1);
    }
  });

  test.each(ASKING)('%s cannot write into another tenant, or move a row to it', async (role) => {
    if (table !== 'login_identity') expect(await w.ask(role, w.mine.orgId, TENANT_ROWS[table] ?? '', valuesOf(w.other))).toEqual({ refused: DENIED });
    const column = tenantColumn(table);
    if (column) expect(refused(await w.ask(role, w.mine.orgId, `UPDATE ${table} SET ${column} = '${w.other.orgId}'`))).toBe(true);
  });

  test.each(ASKING)('%s sees nothing before it has said for whom it works', async (role) => {
    for (const unset of [null, '', 'nobody']) expect(await w.ask(role, unset, `SELECT 1 FROM ${table}`).then(nothing)).toBe(true);
  });

  test.each(ASKING)('%s sees every tenant only if it works for all of them, and says so', async (role) => {
    const outcome = await w.ask(role, '*', `SELECT 1 FROM ${table}`);
    if (seesAll.has(role) && 'rows' in outcome) expect(outcome.rows).toBe(visible(role, table, 2));
    else expect(nothing(outcome)).toBe(true);
  });

  test.each(ASKING.filter((role) => role !== 'every_right'))('%s cannot empty it, switch its policies off or take it over', async (role) => {
    for (const statement of [
      `TRUNCATE ${table} CASCADE`,
      `ALTER TABLE ${table} DISABLE ROW LEVEL SECURITY`,
      `DROP POLICY one_tenant ON ${table}`,
      `ALTER TABLE ${table} OWNER TO CURRENT_USER`,
      `SET LOCAL row_security = off; SELECT 1 FROM ${table}`,
      `SET LOCAL ROLE rcm_internal; SELECT 1 FROM ${table}`,
    ])
      expect(await w.ask(role, w.mine.orgId, statement), statement).toEqual({ refused: DENIED });
  });
});

/** Columns that a role may change, by the catalogue; the generated ones never. */
async function changeable(role: Asking, table: string): Promise<string[]> {
  const grantee = role === 'every_right' ? 'postgres' : role;
  const rows = await w.t.sql<{ name: string }>(
    `SELECT attname AS name FROM pg_attribute WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = '' AND attidentity <> 'a'
        AND has_column_privilege($2, attrelid, attnum, 'UPDATE')`,
    [table, grantee],
  );
  return rows.map((row) => row.name);
}
