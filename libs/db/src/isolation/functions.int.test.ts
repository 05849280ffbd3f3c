import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ALL_ROLES } from '../roles/app-role.ts';
import { type FunctionCase, type FunctionCases, NEW_NAME } from './functions/case.fixture.ts';
import { ENDPOINTS, LOGINS } from './functions/logins.fixture.ts';
import { CODES, TASKS, UPKEEP } from './functions/work.fixture.ts';
import { type CatalogTable, tablesOf } from './hostile-statements.fixture.ts';
import { notOf } from './taken-over.fixture.ts';
import { openTwoTenants, type Tenant, type TwoTenants } from './two-tenants.fixture.ts';

const ENTRIES: FunctionCases = { ...LOGINS, ...ENDPOINTS, ...CODES, ...TASKS, ...UPKEEP };
const CASES = Object.entries(ENTRIES).flatMap(([name, entry]) => (typeof entry === 'string' ? [] : [{ name, ...entry }]));

let w: TwoTenants;
let client: pg.Client;
let tables: readonly CatalogTable[];
beforeAll(async () => {
  w = await openTwoTenants();
  tables = await tablesOf(w.t);
  client = new pg.Client({ connectionString: w.t.url });
  await client.connect();
});
afterAll(async () => {
  await client.end();
  await w.close();
});

/** Functions that run with more than their caller's rights, by the catalogue, and the roles that may call them. */
const callable = () =>
  w.t.sql<{ name: string; roles: string[] }>(
    `SELECT name, roles FROM (
       SELECT p.oid::regprocedure::text AS name, ARRAY(SELECT r FROM unnest($1::text[]) r WHERE has_function_privilege(r, p.oid, 'EXECUTE')) AS roles
         FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
        WHERE p.prosecdef AND p.prorettype <> 'trigger'::regtype AND n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema') f
      WHERE cardinality(roles) > 0`,
    [ALL_ROLES],
  );

interface Became {
  readonly answer: unknown;
  /** Tables in which rows of anybody but the asker are others than before. */
  readonly changed: readonly string[];
}

interface Call {
  readonly role: string;
  readonly scope: string;
  readonly text: string;
  /** Statements of a superuser before, without triggers. */
  readonly before: readonly string[];
}

/** What became of a call, as a superuser finds it in the transaction that made it; that is rolled back. */
async function became({ role, scope, text, before }: Call): Promise<Became> {
  const held = () => notOf(async (sql, values) => (await client.query<{ part: string; held: string }>(sql, [...(values ?? [])])).rows, tables, w.mine);
  await client.query('BEGIN');
  try {
    await client.query(`SET LOCAL session_replication_role = replica; ${before.join('; ')}; SET LOCAL session_replication_role = origin`);
    const was = await held();
    await client.query(`SELECT set_config('app.tenant_id', $1, true)`, [scope]);
    await client.query(`SET LOCAL ROLE ${role}; SAVEPOINT asked`);
    const answer: unknown = await client.query(`SELECT to_jsonb(f) AS answer FROM ${text} f`).then(
      ({ rows }) => rows,
      (error: unknown) => ({ refused: (error as { code?: unknown }).code }),
    );
    if (!Array.isArray(answer)) await client.query('ROLLBACK TO asked');
    await client.query('RESET ROLE');
    const is = await held();
    return { answer, changed: Object.keys({ ...was, ...is }).filter((part) => was[part] !== is[part]) };
  } finally {
    await client.query('ROLLBACK');
  }
}

/** All that a tenant has, in whatever table. */
const goes = ({ orgId, loginIdentity }: Tenant): string[] =>
  tables.map(({ name }) => `DELETE FROM ${name} r WHERE to_jsonb(r) ->> 'org_id' = '${orgId}' OR to_jsonb(r) ->> 'id' IN ('${orgId}', '${loginIdentity}')`);

const NOBODY: Tenant = {
  orgId: 'nobody',
  endpointId: 'nobody-endpoint',
  loginIdentity: NEW_NAME.replaceAll('a', 'e'),
  uuid: '00000000-0000-4000-8000-000000000000',
};

test('every function that runs with more than its caller’s rights and that an app may call is tried, or takes nothing that names another tenant', async () => {
  expect((await callable()).map(({ name }) => name).sort()).toEqual(Object.keys(ENTRIES).sort());
});

describe.each(CASES)('$name', ({ name, call, given, like, answers }: FunctionCase & { readonly name: string }) => {
  const rolesOf = async () => (await callable()).find((each) => each.name === name)?.roles ?? [];
  const before = () => (given ? [given(w.other)] : []);

  test('tells one tenant nothing of another, and changes nothing of theirs', async () => {
    for (const role of await rolesOf()) {
      const asked = { role, scope: w.mine.orgId, before: before() };
      const told = await became({ ...asked, text: call(w.other) });
      const alone = like === 'nobody' ? { ...asked, text: call(NOBODY) } : { ...asked, text: call(w.other), before: [...before(), ...goes(w.other)] };
      expect(told, role).toEqual({ answer: (await became(alone)).answer, changed: [] });
    }
  });

  test('has something to tell or to change, for whom it is theirs', async () => {
    for (const role of await rolesOf()) {
      const asked = { role, before: before(), text: call(w.other) };
      const told = await became({ ...asked, scope: answers ? '' : w.other.orgId });
      expect(told.answer, role).toBeInstanceOf(Array);
      expect(told, role).not.toEqual(await became({ ...asked, scope: w.mine.orgId }));
    }
  });
});
