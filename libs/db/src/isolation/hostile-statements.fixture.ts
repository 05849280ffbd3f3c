import { isLongForm } from '@rcm/test-services';
import type { TestDatabase } from '../testing.fixture.ts';
import { TENANT_ROWS } from './tenant-rows.fixture.ts';
import type { Tenant } from './two-tenants.fixture.ts';
import { valuesOf } from './two-tenants.fixture.ts';

/** What a login that somebody has taken over sends. */
export interface HostileStatement {
  readonly text: string;
  readonly values?: readonly unknown[];
  /** A right that others need, too: where the login lacks it, they are refused as well. */
  readonly needs?: string;
}

/** Every table of the catalogue, the queue's among them, with its columns. */
export interface CatalogTable {
  readonly name: string;
  readonly columns: readonly { readonly name: string; readonly type: string; readonly written: boolean }[];
}

export interface CatalogFunction {
  readonly name: string;
  readonly args: readonly string[];
  /** Postgres itself keeps it from changing anything. */
  readonly readsOnly: boolean;
}

const OWN_SCHEMAS = `n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema'`;

export function tablesOf(t: TestDatabase): Promise<CatalogTable[]> {
  return t.sql<CatalogTable & Record<string, unknown>>(`
    SELECT format('%I.%I', n.nspname, c.relname) AS name,
           (SELECT jsonb_agg(jsonb_build_object('name', quote_ident(a.attname), 'type', format_type(a.atttypid, NULL), 'written', a.attgenerated = '' AND a.attidentity <> 'a') ORDER BY a.attnum)
              FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped) AS columns
      FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND ${OWN_SCHEMAS} ORDER BY 1`);
}

/** Every function and procedure that the login may call, whoever owns it. */
export function functionsFor(t: TestDatabase, login: string): Promise<CatalogFunction[]> {
  return t.sql<CatalogFunction & Record<string, unknown>>(
    `SELECT format('%s %I.%I', CASE WHEN p.prokind = 'p' THEN 'CALL' ELSE 'SELECT * FROM' END, n.nspname, p.proname) AS name,
            p.provolatile <> 'v' AS "readsOnly", ARRAY(SELECT format_type(a, NULL) FROM unnest(p.proargtypes) WITH ORDINALITY u (a, place) ORDER BY place) AS args
       FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
      WHERE ${OWN_SCHEMAS} AND p.prokind IN ('f', 'p') AND p.prorettype <> 'trigger'::regtype AND p.prorettype <> 'event_trigger'::regtype
        AND has_function_privilege($1, p.oid, 'EXECUTE') AND has_schema_privilege($1, n.oid, 'USAGE') ORDER BY 1, 2`,
    [login],
  );
}

export function sequencesOf(t: TestDatabase): Promise<{ name: string }[]> {
  return t.sql<{ name: string }>(`
    SELECT format('%I.%I', n.nspname, c.relname) AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind = 'S' AND ${OWN_SCHEMAS} ORDER BY 1`);
}

const text = (value: string): string => `'${value.replaceAll("'", "''")}'`;

/** What each type is given, as SQL: names of another tenant, and what is out of all bounds. A type that is missing here fails the test by its name. */
export function hostileValues(type: string, other: Tenant): readonly string[] | null {
  const names = [other.orgId, other.endpointId, other.loginIdentity, '*', ''].map(text);
  const known: Readonly<Record<string, readonly string[]>> = {
    text: names,
    'character varying': names,
    uuid: [text(other.uuid)],
    boolean: ['true', 'false'],
    smallint: ['32767', '-1'],
    'integer[]': [`'{-1}'`],
    integer: ['100', '2147483647', '-1', '0'],
    bigint: ['9223372036854775807', '-1'],
    'double precision': [`'Infinity'`, '-1'],
    numeric: [`'Infinity'`, '-1'],
    // What is out of all bounds first: what is within them leaves nothing to take.
    interval: [`'100 years'`, `'-1 year'`, `'-infinity'`, `'1 day'`, `'1 hour'`, `'0'`],
    'timestamp with time zone': [`'infinity'`, `'-infinity'`, `clock_timestamp() + interval '100 years'`],
    'timestamp without time zone': [`'infinity'`, `'-infinity'`],
    date: [`'infinity'`],
    jsonb: [`'{"orgId": "other"}'`, `'[]'`],
    json: [`'{}'`],
    'text[]': [`'{}'`, `ARRAY[${names.join(', ')}]`],
    regclass: [`'portal_task'`],
    name: names,
    bytea: [`'\\x00'`],
    xid8: [`'1'`],
  };
  return known[type] ?? null;
}

/** Changes every column of every row that can be reached, to itself and to what is out of bounds; takes rows away, locks them, copies them, adds another tenant's. */
export function statementsOn(table: CatalogTable, { mine, other }: { readonly mine: Tenant; readonly other: Tenant }): HostileStatement[] {
  const { name, columns } = table;
  const made = TENANT_ROWS[name.replace(/^public\./, '')];
  const [own, theirs] = [valuesOf(mine), valuesOf(other)];
  const crossed = own.map((_, place) => own.map((value, at) => (at === place ? theirs[at] : value)));
  return [
    { text: `SELECT * FROM ${name} FOR UPDATE` },
    { text: `SELECT * FROM ${name} FOR KEY SHARE` },
    ...columns
      .filter(({ written }) => written)
      .flatMap(({ name: column, type }) => [
        // What needs the right to write it alone comes first: the next one needs to read it, too.
        { text: `UPDATE ${name} SET ${column} = NULL`, needs: `UPDATE ${name}.${column}` },
        { text: `UPDATE ${name} SET ${column} = ${column}`, needs: `UPDATE ${name}.${column}` },
        ...(hostileValues(type, other) ?? []).map((value) => ({ text: `UPDATE ${name} SET ${column} = ${value}::${type}`, needs: `UPDATE ${name}.${column}` })),
      ]),
    { text: `INSERT INTO ${name} DEFAULT VALUES` },
    { text: `INSERT INTO ${name} SELECT * FROM ${name} ON CONFLICT DO NOTHING` },
    { text: `MERGE INTO ${name} m USING (SELECT 1) s ON true WHEN MATCHED THEN DELETE` },
    ...(made ? [theirs, ...crossed].map((values) => ({ text: made, values })) : []),
    { text: `DELETE FROM ${name}` },
    { text: `TRUNCATE ${name} CASCADE` },
    { text: `COPY ${name} TO STDOUT` },
    { text: `COPY ${name} FROM PROGRAM 'true'` },
    { text: `LOCK TABLE ${name} IN ACCESS EXCLUSIVE MODE NOWAIT` },
    { text: `SET LOCAL row_security = off; DELETE FROM ${name}` },
    { text: `SET LOCAL session_replication_role = 'replica'; DELETE FROM ${name}` },
    { text: `SET LOCAL ROLE rcm_internal; DELETE FROM ${name}` },
    { text: `ALTER TABLE ${name} DISABLE ROW LEVEL SECURITY` },
    { text: `ALTER TABLE ${name} DISABLE TRIGGER ALL` },
    { text: `ALTER TABLE ${name} OWNER TO CURRENT_USER` },
    { text: `CREATE POLICY mine ON ${name} USING (true)` },
    { text: `CREATE RULE gone AS ON INSERT TO ${name} DO INSTEAD NOTHING` },
    { text: `CREATE TRIGGER mine BEFORE INSERT ON ${name} EXECUTE FUNCTION suppress_redundant_updates_trigger()` },
    { text: `GRANT ALL ON ${name} TO PUBLIC` },
    { text: `COMMENT ON TABLE ${name} IS 'mine'` },
    { text: `DROP TABLE ${name} CASCADE` },
  ];
}

/** What may change something is called with everything together, in the short form with some of it; of what only reads, some of its calls. */
const CALLS_OF_ONE = isLongForm() ? ({ changing: 2_000, reading: 40 } as const) : ({ changing: 60, reading: 15 } as const);

export function callsOf({ name, args, readsOnly }: CatalogFunction, other: Tenant): HostileStatement[] {
  const values = args.map((type) => [...(hostileValues(type, other) ?? []).map((value) => `${value}::${type}`), `NULL::${type}`]);
  const all = values.reduce<string[][]>((calls, choices) => calls.flatMap((call) => choices.map((choice) => [...call, choice])), [[]]);
  // A step that shares no factor with the lists' lengths, so that every value meets others.
  const step = Math.max(1, Math.floor(all.length / (readsOnly ? CALLS_OF_ONE.reading : CALLS_OF_ONE.changing))) | 1;
  return all.filter((_, place) => place % step === 0).map((call) => ({ text: `${name}(${call.join(', ')})` }));
}

/** What needs no table: settings, roles, files, large objects, other sessions. */
export const OTHER_STATEMENTS: readonly string[] = [
  `SET app.tenant_id = 'other'`,
  `SELECT set_config('app.tenant_id', '*', false)`,
  `SET SESSION AUTHORIZATION rcm_rotator`,
  `SET ROLE rcm_rotator`,
  `SET ROLE rcm_migrator`,
  `ALTER SYSTEM SET log_statement = 'all'`,
  `ALTER DATABASE postgres SET app.tenant_id = '*'`,
  `ALTER ROLE rcm_agent SET app.tenant_id = '*'`,
  `ALTER ROLE rcm_agent BYPASSRLS`,
  `ALTER ROLE CURRENT_USER SUPERUSER`,
  `ALTER ROLE CURRENT_USER REPLICATION`,
  `CREATE ROLE mine LOGIN`,
  `GRANT rcm_rotator TO CURRENT_USER`,
  `GRANT rcm_agent TO rcm_rotator`,
  `DROP OWNED BY rcm_agent`,
  `REASSIGN OWNED BY rcm_internal TO CURRENT_USER`,
  `CREATE SCHEMA mine`,
  `CREATE TABLE public.mine (a int)`,
  `CREATE FUNCTION public.rcm_tenant() RETURNS text LANGUAGE sql RETURN 'other'`,
  `CREATE OR REPLACE FUNCTION public.rcm_tenant() RETURNS text LANGUAGE sql RETURN 'other'`,
  `CREATE EVENT TRIGGER mine ON ddl_command_start EXECUTE FUNCTION pg_catalog.suppress_redundant_updates_trigger()`,
  `CREATE PUBLICATION mine FOR ALL TABLES`,
  `SELECT pg_create_logical_replication_slot('mine', 'test_decoding')`,
  `CREATE EXTENSION dblink`,
  `COPY (SELECT 1) TO PROGRAM 'true'`,
  `COPY (SELECT 1) TO '/tmp/mine'`,
  `SELECT pg_read_file('postgresql.conf')`,
  `SELECT lo_import('/etc/passwd')`,
  `SELECT lo_unlink(oid) FROM pg_largeobject_metadata`,
  `SELECT lo_put(oid, 0, 'x') FROM pg_largeobject_metadata`,
  `SELECT lo_get(oid) FROM pg_largeobject_metadata`,
  `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename IS DISTINCT FROM current_user`,
  `SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE usename IS DISTINCT FROM current_user`,
  `DO $$ BEGIN EXECUTE 'DELETE FROM public.portal_task'; END $$`,
  `DROP SCHEMA public CASCADE`,
  `DROP FUNCTION public.rcm_tenant() CASCADE`,
  `NOTIFY rcm_credential_changed, '{"endpointId":"other-endpoint","orgId":"other","secretArn":"arn:aws:ssm:other-endpoint","version":"9"}'`,
  'LISTEN rcm_credential_changed',
  'VACUUM',
  'ANALYZE',
  'REINDEX DATABASE',
  'CHECKPOINT',
];
