import { openDatabase } from '@rcm/db';
import { ensureAppLogin } from '@rcm/db/admin';
import { Secret } from '@rcm/telemetry';
import { freshDatabase } from '@rcm/test-services';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { rcm } from './testing.fixture.ts';

let url: string;
let drop: () => Promise<void>;
let environment: NodeJS.ProcessEnv;
beforeAll(async () => {
  ({ url, drop } = await freshDatabase({ migrate: async () => {}, template: 'empty' }));
  environment = { RCM_OWNER_DATABASE_URL: url };
});
afterAll(() => drop?.());

const json = async (...args: readonly string[]) => {
  const { code, stdout } = await rcm([...args, '--json'], environment);
  return { code, said: JSON.parse(stdout) as Record<string, unknown> };
};

test('a database is brought from nothing to this version, and each step says so', async () => {
  const before = await json('db', 'status');
  expect(before).toMatchObject({ code: 1, said: { version: 1, applied: [], problem: null, upToDate: false } });
  const missing = before.said.missing as string[];
  expect(missing.length).toBeGreaterThan(20);

  const dry = await rcm(['db', 'migrate', '--dry-run'], environment);
  expect(dry).toMatchObject({ code: 0, stderr: '' });
  for (const name of missing) expect(dry.stdout).toContain(`missing  ${name}`);
  expect((await json('db', 'status')).said.applied).toEqual([]);

  const done = await rcm(['db', 'migrate', '--json'], environment);
  expect(done.code).toBe(0);
  expect(JSON.parse(done.stdout)).toEqual({ version: 1, applied: missing, undecided: [] });
  expect(done.stderr).toBe(missing.map((name) => `applied  ${name}\n`).join(''));

  expect(await json('db', 'status')).toEqual({
    code: 0,
    said: { version: 1, applied: missing, missing: [], problem: null, upToDate: true, stopFirst: [], undecided: [] },
  });
  expect(await rcm(['db', 'migrate'], environment)).toEqual({ code: 0, stdout: 'The database was up to date.\n', stderr: '' });
});

test('what has to stop before a migration is said where it is missing, and by the command that applies it', async () => {
  const last = '20261202130000_backup_run';
  await sql(`CREATE TABLE kept AS SELECT * FROM _prisma_migrations WHERE migration_name = '${last}'`);
  await sql(`DELETE FROM _prisma_migrations WHERE migration_name = '${last}'`);
  const words = 'Stop every process first: what the version before does is not looked at up to migration ';
  expect(await json('db', 'status')).toMatchObject({ code: 1, said: { missing: [last], stopFirst: [expect.stringContaining(words)] } });
  expect((await rcm(['db', 'status'], environment)).stdout).toContain(words);
  // It is there already, so that it cannot be made again; the words come before it is tried.
  const again = await rcm(['db', 'migrate'], environment);
  expect([again.code, again.stderr]).toEqual([1, expect.stringContaining(words)]);
  await sql('INSERT INTO _prisma_migrations SELECT * FROM kept');
  await sql('DROP TABLE kept');
  expect((await json('db', 'status')).said).toMatchObject({ upToDate: true, stopFirst: [] });
});

test('a database of a newer version is left as it is, and that is said', async () => {
  await sql(`INSERT INTO _prisma_migrations (id, checksum, migration_name, finished_at) VALUES ('x', 'y', '29990101000000_tomorrow', now())`);
  const status = await json('db', 'status');
  expect(status).toMatchObject({ code: 1, said: { problem: expect.stringMatching(/29990101000000_tomorrow.*older than the database/) } });
  expect(await json('db', 'migrate')).toMatchObject({ code: 1, said: { error: { code: 'state_conflict' } } });
  await sql(`DELETE FROM _prisma_migrations WHERE id = 'x'`);
});

test('portal types about which nobody has decided are named, with what to say, also before they are migrated', async () => {
  await sql(`INSERT INTO organization (id, name) VALUES ('hospital', 'Hospital')`);
  await sql(
    `INSERT INTO portal_type (code, name, hosts, driver, recipe, password_rules, rotation_mode, lockout_threshold, lockout_margin, lockout_window_seconds, settle_ms)
     VALUES ('alpine', 'Alpine', '{alpine.example}', 'recipe', '{}', 'minlength: 8', 'automatic', 4, 1, 900, 1000)`,
  );
  await sql(
    `INSERT INTO integration_endpoint (id, org_id, portal_type_code, account_id, base_url) VALUES ('one', 'hospital', 'alpine', 'a', 'https://alpine.example/')`,
  );
  expect((await json('db', 'status')).said).toMatchObject({ undecided: ['alpine'] });
  expect(JSON.parse((await rcm(['db', 'migrate', '--json'], environment)).stdout)).toMatchObject({ applied: [], undecided: ['alpine'] });
  expect((await rcm(['db', 'migrate'], environment)).stdout).toContain('rcm portal-type decide alpine --automation allowed|assisted|forbidden');
  // As the version before had it.
  await sql('ALTER TABLE portal_type RENAME COLUMN automation TO automation_later');
  expect((await json('db', 'status')).said).toMatchObject({ undecided: ['alpine'] });
  await sql('ALTER TABLE portal_type RENAME COLUMN automation_later TO automation');
  await sql(
    `WITH why AS (SELECT set_config('app.reason', 'a test', true)) UPDATE portal_type SET automation = 'allowed', terms_version = 'none', terms_date = '2026-11-29', automation_decided_by = 'test' FROM why`,
  );
  expect((await json('db', 'status')).said).toMatchObject({ undecided: [] });
});

test('who logs in as what is listed, with what a process would refuse and what to run', async () => {
  const [plain, beyond] = [`plain_${process.pid}`, `beyond_${process.pid}`];
  for (const name of [plain, beyond]) await ensureAppLogin({ adminUrl: url, role: 'rcm_agent', name, password: new Secret('a-password-of-a-test') });
  await sql(`GRANT rcm_rotator TO ${beyond}`);
  // Roles are the server's: other tests have logins there too.
  const agents = async () => {
    const { said } = await json('db', 'roles');
    const roles = said.roles as { role: string; exists: boolean; logins: { name: string; problem: { is: string; run: string } | null }[] }[];
    expect(roles.every(({ exists }) => exists)).toBe(true);
    return roles.find(({ role }) => role === 'rcm_agent')?.logins.filter(({ name }) => name === plain || name === beyond);
  };
  expect(await agents()).toEqual([
    { name: beyond, problem: { is: `${beyond} is also a member of rcm_rotator`, run: `REVOKE rcm_rotator FROM ${beyond}` } },
    { name: plain, problem: null },
  ]);
  const shown = await rcm(['db', 'roles'], environment);
  expect(shown.code).toBe(1);
  expect(shown.stdout).toContain(`REVOKE rcm_rotator FROM ${beyond}`);
  await sql(`REVOKE rcm_rotator FROM ${beyond}`);
  expect((await agents())?.every(({ problem }) => problem === null)).toBe(true);
  await sql(`DROP ROLE ${plain}, ${beyond}`);
});

test('that the database was restored is said with a reason and by whoever signed in; nothing else is done by it', async () => {
  expect((await rcm(['db', 'restored'], environment)).code).toBe(2);
  expect(await sql('SELECT kind FROM database_restore')).toEqual([]);
  expect(await json('db', 'restored', '--reason', 'the disk was lost', '--actor', 'jane')).toMatchObject({ code: 0, said: { kind: 'restored' } });
  expect(await json('db', 'restored', '--nothing-lost', '--reason', 'every row is there')).toMatchObject({ code: 0, said: { kind: 'nothing_lost' } });
  const said = await sql('SELECT kind, actor, reason FROM database_restore ORDER BY id');
  expect(said).toMatchObject([
    { kind: 'restored', actor: expect.stringMatching(/^person:os:.* says jane$/), reason: 'the disk was lost' },
    { kind: 'nothing_lost', actor: expect.stringMatching(/^person:os:/), reason: 'every row is there' },
  ]);
});

test('who is not the owner is told so', async () => {
  const { code, said } = await (async () => {
    const { code: exit, stdout } = await rcm(['db', 'status', '--json'], {});
    return { code: exit, said: JSON.parse(stdout) as unknown };
  })();
  expect({ code, said }).toMatchObject({ code: 2, said: { error: { code: 'config_invalid', message: expect.stringContaining('RCM_OWNER_DATABASE_URL') } } });
});

async function sql(statement: string): Promise<unknown> {
  const db = openDatabase({ url, applicationName: 'test', maxConnections: 1 });
  try {
    return await db.transaction('every tenant', (tx) => tx.$queryRawUnsafe(statement));
  } finally {
    await db.close();
  }
}
