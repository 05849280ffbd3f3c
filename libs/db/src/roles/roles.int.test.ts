import { randomBytes } from 'node:crypto';
import { Secret } from '@rcm/telemetry';
import { backend, type RunningService, startEmbeddedPostgres } from '@rcm/test-services';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openDatabase } from '../open-database.ts';
import { upsertOrganization } from '../endpoints/seed.ts';
import { applyMigrations } from '../migrations/apply.ts';
import { openTestDatabase, type TestDatabase } from '../testing.fixture.ts';
import { urlFor } from '../testing.ts';
import type { AppRole } from './app-role.ts';
import { ensureAppLogin } from './login.ts';

const password = new Secret(randomBytes(16).toString('hex'));

describe('a process says what it is', () => {
  let t: TestDatabase;
  beforeAll(async () => void (t = await openTestDatabase()));
  afterAll(() => t.close());

  const ping = async (url: string, role: AppRole) => {
    const db = openDatabase({ url, applicationName: 'test', role });
    return db
      .ping()
      .then(
        () => null,
        (error: unknown) => error,
      )
      .finally(() => db.close());
  };
  const refused = (why: string) => ({ code: 'config_invalid', message: expect.stringContaining(why) });

  test('and is let in with the login of its role, and of no other', async () => {
    expect(await ping(urlFor('rcm_agent', t.url), 'rcm_agent')).toBeNull();
    expect(await ping(urlFor('rcm_rotator', t.url), 'rcm_agent')).toMatchObject(refused('is no member of it'));
  });

  test('and is turned away as a superuser, also before its first operation', async () => {
    expect(await ping(t.url, 'rcm_agent')).toMatchObject(refused('a superuser'));
    const db = openDatabase({ url: t.url, applicationName: 'test', role: 'rcm_agent' });
    await expect(upsertOrganization(db, { id: 'never', name: 'Never' })).rejects.toMatchObject(refused('a superuser'));
    expect(await t.sql(`SELECT FROM organization WHERE id = 'never'`)).toEqual([]);
    await db.close();
  });

  const TO = 'As an administrator run: ';
  test.each([
    ['ALTER ROLE $ BYPASSRLS', 'BYPASSRLS', 'ALTER ROLE $ NOBYPASSRLS'],
    ['ALTER ROLE $ SUPERUSER', 'a superuser', 'CREATE ROLE … LOGIN'],
    ['ALTER ROLE $ REPLICATION', 'REPLICATION', 'ALTER ROLE $ NOREPLICATION'],
    ['ALTER ROLE $ CREATEROLE', 'CREATEROLE', 'ALTER ROLE $ NOCREATEROLE'],
    ['ALTER ROLE $ CREATEDB', 'CREATEDB', 'ALTER ROLE $ NOCREATEDB'],
    ['CREATE ROLE above_$ BYPASSRLS; GRANT above_$ TO $', 'BYPASSRLS as a member of above_$', 'ALTER ROLE above_$ NOBYPASSRLS'],
    ['CREATE ROLE above_$ REPLICATION; GRANT above_$ TO $ WITH INHERIT FALSE', 'REPLICATION as a member of above_$', 'ALTER ROLE above_$ NOREPLICATION'],
    ['GRANT rcm_rotator TO $', 'also a member of rcm_rotator', 'REVOKE rcm_rotator FROM $'],
    ['GRANT rcm_internal TO $', 'also a member of rcm_internal', 'REVOKE rcm_internal FROM $'],
    ['GRANT pg_read_all_data TO $', 'also a member of pg_read_all_data', 'REVOKE pg_read_all_data FROM $'],
    ['GRANT pg_write_server_files TO $', 'also a member of pg_write_server_files', 'REVOKE pg_write_server_files FROM $'],
    ['GRANT pg_monitor TO $ WITH INHERIT FALSE', 'also a member of pg_monitor', 'REVOKE pg_monitor'],
    ['CREATE ROLE above_$; GRANT above_$ TO $', 'also a member of above_$', 'REVOKE above_$ FROM $'],
    ['GRANT rcm_agent TO $ WITH ADMIN OPTION', 'may give rcm_agent to others', 'REVOKE ADMIN OPTION FOR rcm_agent FROM $'],
    ['GRANT SELECT ON audit_event TO $', 'table public.audit_event', 'REVOKE ALL ON TABLE public.audit_event FROM $'],
    ['GRANT SELECT (config) ON integration_endpoint TO $', 'integration_endpoint.config', 'DROP OWNED BY $'],
    ['GRANT UPDATE ON SEQUENCE login_fence TO $', 'sequence public.login_fence', 'REVOKE ALL ON SEQUENCE public.login_fence FROM $'],
    [
      'GRANT EXECUTE ON FUNCTION rcm_forget_passwords(text, text[]) TO $',
      'function public.rcm_forget_passwords',
      'REVOKE ALL ON FUNCTION public.rcm_forget_passwords(pg_catalog.text,pg_catalog.text[]) FROM $',
    ],
    ['GRANT DELETE ON portal_gate TO $', 'table public.portal_gate', 'REVOKE ALL ON TABLE public.portal_gate FROM $'],
    ['ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO $', 'default acl', 'DROP OWNED BY $'],
    ['CREATE POLICY mine ON portal_task TO $ USING (true)', 'policy mine on public.portal_task', 'DROP POLICY mine ON public.portal_task'],
    ['CREATE TABLE public.of_$ (a int); ALTER TABLE public.of_$ OWNER TO $', 'table public.of_$', 'OWNER TO'],
    [`DO $d$ BEGIN EXECUTE format('GRANT CREATE ON DATABASE %I TO $', current_database()); END $d$`, 'may create schemas', 'REVOKE CREATE ON DATABASE'],
    ['GRANT CREATE ON SCHEMA public TO $', 'may create', 'REVOKE CREATE ON SCHEMA public'],
    [`ALTER ROLE $ SET app.tenant_id = 'hospital-1'`, 'app.tenant_id is set', 'ALTER ROLE $ RESET app.tenant_id'],
    [`ALTER ROLE $ SET search_path = 'mine'`, 'search_path is set', 'ALTER ROLE $ RESET search_path'],
  ])('and is turned away after %s, and told what to run', async (change, why, run) => {
    const name = `odd_${randomBytes(4).toString('hex')}`;
    const url = await ensureAppLogin({ adminUrl: t.url, role: 'rcm_agent', name, password });
    expect(await ping(url, 'rcm_agent')).toBeNull();
    try {
      await t.sql(change.replaceAll('$d$', '@@').replaceAll('$', name).replaceAll('@@', '$d$'));
      const error = (await ping(url, 'rcm_agent')) as { message: string };
      expect(error).toMatchObject(refused(why.replaceAll('$', name)));
      expect(error.message.slice(error.message.indexOf(TO))).toContain(run.replaceAll('$', name));
    } finally {
      await t.sql(`ALTER ROLE ${name} NOSUPERUSER; DROP OWNED BY ${name}; DROP ROLE ${name}; DROP ROLE IF EXISTS above_${name}`);
    }
  });

  test.each([
    ['GRANT SELECT ON notice_delivery TO PUBLIC', 'every login may use notice_delivery', 'REVOKE ALL ON notice_delivery FROM PUBLIC'],
    ['GRANT SELECT (hash) ON audit_event TO PUBLIC', 'every login may use audit_event.hash', 'REVOKE ALL (hash) ON audit_event FROM PUBLIC'],
    [
      'GRANT EXECUTE ON FUNCTION rcm_forget_passwords(text, text[]) TO PUBLIC',
      'every login may use rcm_forget_passwords',
      'REVOKE ALL ON ROUTINE rcm_forget_passwords(text,text[]) FROM PUBLIC',
    ],
    ['CREATE POLICY all_of_it ON portal_task USING (true)', 'policy all_of_it on portal_task', 'DROP POLICY all_of_it ON portal_task'],
  ])('and is turned away where everybody is let in: after %s', async (change, why, run) => {
    const own = await openTestDatabase();
    try {
      expect(await ping(urlFor('rcm_agent', own.url), 'rcm_agent')).toBeNull();
      await own.sql(change);
      const error = (await ping(urlFor('rcm_agent', own.url), 'rcm_agent')) as { message: string };
      expect(error).toMatchObject(refused(why));
      expect(error.message.slice(error.message.indexOf(TO))).toContain(run);
    } finally {
      await own.close();
    }
  });

  test('but not for a right to connect, or a time limit of its own', async () => {
    const name = `fine_${randomBytes(4).toString('hex')}`;
    const url = await ensureAppLogin({ adminUrl: t.url, role: 'rcm_agent', name, password });
    await t.sql(
      `DO $d$ BEGIN EXECUTE format('GRANT CONNECT ON DATABASE %I TO ${name}', current_database()); END $d$; ALTER ROLE ${name} SET statement_timeout = '30s'`,
    );
    expect(await ping(url, 'rcm_agent')).toBeNull();
    await t.sql(`DROP OWNED BY ${name}; DROP ROLE ${name}`);
  });

  test('a login is made once by many at a time, keeps its name with a new password, and its password is not in the statement', async () => {
    const name = `many_${randomBytes(4).toString('hex')}`;
    const urls = await Promise.all(Array.from({ length: 6 }, () => ensureAppLogin({ adminUrl: t.url, role: 'rcm_rotator', name, password })));
    expect(new Set(urls).size).toBe(1);
    const another = new Secret('another-password');
    const changed = await ensureAppLogin({ adminUrl: t.url, role: 'rcm_rotator', name, password: another });
    expect(await ping(changed, 'rcm_rotator')).toBeNull();
    expect(await ping(urls[0] ?? '', 'rcm_rotator')).toMatchObject({ code: 'database_unavailable' });
    const [row] = await t.sql<{ verifier: string }>('SELECT rolpassword AS verifier FROM pg_authid WHERE rolname = $1', [name]);
    expect(row?.verifier).toMatch(/^SCRAM-SHA-256\$4096:/);
    await t.sql(`DROP ROLE ${name}`);
  });

  test('a name or a password that could not be one is refused', async () => {
    const login = { adminUrl: t.url, role: 'rcm_agent', name: 'fine', password } as const;
    await expect(ensureAppLogin({ ...login, name: 'x"; DROP ROLE y' })).rejects.toMatchObject({ code: 'input_invalid' });
    await expect(ensureAppLogin({ ...login, password: new Secret('kurz') })).rejects.toMatchObject({ code: 'input_invalid' });
  });
});

/** Roles are the cluster's, and this run's cluster has them already: so a server of its own. */
describe.runIf(backend() === 'embedded')('on a server without the roles (needs one of its own: embedded only)', { timeout: 120_000 }, () => {
  let server: RunningService;
  let admin: pg.Client;
  const urlOf = (database: string, login?: { readonly name: string; readonly password: string }): string => {
    const url = new URL(server.url);
    url.pathname = database;
    if (login) [url.username, url.password] = [login.name, login.password];
    return url.href;
  };
  beforeAll(async () => {
    server = await startEmbeddedPostgres();
    admin = new pg.Client({ connectionString: server.url });
    await admin.connect();
  }, 120_000);
  afterAll(async () => {
    await admin.end();
    await server.stop();
  });

  test('an owner who may not create roles is told which one is missing, and nothing is half done', async () => {
    await admin.query(`CREATE ROLE weak LOGIN PASSWORD 'weak'`);
    await admin.query('CREATE DATABASE weak OWNER weak');
    const url = urlOf('weak', { name: 'weak', password: 'weak' });
    await expect(applyMigrations({ url })).rejects.toMatchObject({ code: 'database_failed', message: expect.stringContaining('role rcm_agent is missing') });
  });

  test('six databases that are migrated at once make each role once', async () => {
    const names = Array.from({ length: 6 }, (_, i) => `at_once_${i}`);
    for (const name of names) await admin.query(`CREATE DATABASE ${name}`);
    const applied = await Promise.all(names.map((name) => applyMigrations({ url: urlOf(name) })));
    for (const each of applied) expect(each).toEqual(applied[0]);
    const { rows } = await admin.query(`SELECT rolname FROM pg_roles WHERE rolname LIKE 'rcm\\_%' ORDER BY 1`);
    expect(rows.map((row: { rolname: string }) => row.rolname)).toEqual([
      'rcm_agent',
      'rcm_auditor',
      'rcm_console',
      'rcm_head_writer',
      'rcm_internal',
      'rcm_migrator',
      'rcm_operator',
      'rcm_rotator',
    ]);
  });

  test.each([
    ['who may create roles, with none there', 'owner_creates', 'CREATEROLE', false],
    ['who may not, with the roles made by the operator', 'owner_finds', '', true],
  ])('an owner %s migrates without being a superuser, and the apps work', async (_, owner, attribute, made) => {
    if (!made) {
      for (let i = 0; i < 6; i += 1) await admin.query(`DROP DATABASE IF EXISTS at_once_${i}`);
      for (const role of ['rcm_agent', 'rcm_rotator', 'rcm_migrator', 'rcm_internal', 'rcm_auditor', 'rcm_head_writer', 'rcm_operator', 'rcm_console'])
        await admin.query(`DROP ROLE ${role}`);
    }
    await admin.query(`CREATE ROLE ${owner} LOGIN PASSWORD 'owner' ${attribute}`);
    await admin.query(`CREATE DATABASE ${owner} OWNER ${owner}`);
    // What docs/database-roles.md tells the operator to do beforehand.
    if (made) await admin.query(`GRANT rcm_internal TO ${owner} WITH INHERIT FALSE, SET TRUE`);
    const url = urlOf(owner, { name: owner, password: 'owner' });
    await applyMigrations({ url });
    expect(await applyMigrations({ url })).toEqual([]);
    const db = openDatabase({ url, applicationName: 'owner' });
    await upsertOrganization(db, { id: 'hospital', name: 'Hospital' });
    // The owner is under the policies too: without a tenant it sees nothing.
    expect(await db.transaction('no tenant', (tx) => tx.organization.count())).toBe(0);
    expect(await db.transaction('every tenant', (tx) => tx.organization.count())).toBe(1);
    await db.close();
    const agentUrl = await ensureAppLogin({ adminUrl: urlOf(owner), role: 'rcm_agent', name: `${owner}_agent`, password });
    const agent = openDatabase({ url: agentUrl, applicationName: 'agent', role: 'rcm_agent' });
    expect(await agent.transaction({ tenant: 'hospital' }, (tx) => tx.organization.count())).toBe(1);
    expect(await agent.transaction('every tenant', (tx) => tx.organization.count())).toBe(0);
    await agent.close();
  });
});
