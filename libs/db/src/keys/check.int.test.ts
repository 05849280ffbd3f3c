import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Database } from '../database.ts';
import { openDatabase } from '../open-database.ts';
import type { AppRole } from '../roles/app-role.ts';
import { identityOf, makeEndpoint, openTestDatabase, printOf, type TestDatabase } from '../testing.fixture.ts';
import { urlFor } from '../testing.ts';
import type { KnownKey } from './check.ts';

let t: TestDatabase;
const opened: Database[] = [];
beforeEach(async () => void (t = await openTestDatabase()));
afterEach(async () => {
  await Promise.all(opened.splice(0).map((db) => db.close()));
  await t.close();
});

const keysOf = (...ids: readonly string[]): readonly KnownKey[] =>
  ids.flatMap((id) => (['identity', 'fingerprint'] as const).map((use) => ({ use, id, check: identityOf(`${use} ${id}`) })));

/** The first thing that a process with these keys asks of Postgres. */
async function start(role: AppRole, keys: readonly KnownKey[]): Promise<string> {
  const db = openDatabase({ url: urlFor(role, t.url), role, applicationName: 'start', keys });
  opened.push(db);
  return db.ping().then(
    () => 'started',
    (error: unknown) => (error as Error).message,
  );
}
const ROLES = ['rcm_agent', 'rcm_rotator', 'rcm_migrator'] as const;

test.each(ROLES)('%s does not start without a key that logins are named with, and is told which and what to run', async (role) => {
  await makeEndpoint(t.db);
  expect(await start(role, keysOf('2'))).toMatch(/logins are named by the key with the id 1,.*RCM_PREVIOUS_IDENTITY_KEY.*`rotator keys --move`/);
  expect(await start(role, keysOf('2', '1'))).toBe('started');
});

test.each(ROLES)('%s does not start without a key that passwords are known by', async (role) => {
  const on = await makeEndpoint(t.db, { names: [{ id: identityOf('x'), keyId: '2' }] });
  const attempt = `INSERT INTO login_attempt (login_identity, org_id, endpoint_id, lease_id, actor, version, started_at, fingerprint) VALUES ($1, $2, $3, gen_random_uuid(), 'agent', '1', now(), $4)`;
  await t.sql(attempt, [on.loginIdentity, on.orgId, on.endpointId, printOf('p', '1')]);
  expect(await start(role, keysOf('2'))).toMatch(/passwords are known by the key with the id 1/);
  await t.sql('UPDATE login_attempt SET fingerprint = NULL');
  expect(await start(role, keysOf('2'))).toBe('started');
});

test('a key is needed as long as what was tried under it may count again, though nobody has that login any more', async () => {
  const [was, on] = [identityOf('was'), await makeEndpoint(t.db, { names: [{ id: identityOf('y'), keyId: '2' }] })];
  await t.sql('INSERT INTO login_identity (id) VALUES ($1)', [was]);
  const attempt = `INSERT INTO login_attempt (login_identity, org_id, endpoint_id, lease_id, actor, version, started_at) VALUES ($1, $2, $3, gen_random_uuid(), 'agent', '1', now())`;
  await t.sql(attempt, [was, on.orgId, on.endpointId]);
  expect(await start('rcm_agent', keysOf('2'))).toMatch(/the id 1/);
  await t.sql(`UPDATE login_attempt SET started_at = now() - interval '31 days'`);
  expect(await start('rcm_agent', keysOf('2'))).toBe('started');
});

test('only the migrator needs the key of its proofs', async () => {
  const on = await makeEndpoint(t.db, { names: [{ id: identityOf('z'), keyId: '2' }] });
  await t.sql(`INSERT INTO migration_proof (org_id, endpoint_id, step, version, fingerprint, row_fingerprint) VALUES ($1, $2, 'verified', '1', 'f', $3)`, [
    on.orgId,
    on.endpointId,
    printOf('row', '1'),
  ]);
  expect(await Promise.all(ROLES.map((role) => start(role, keysOf('2'))))).toEqual(['started', 'started', expect.stringContaining('`migrator scrub`')]);
});

test('another key by an id that is taken is refused, whoever has noted it first', async () => {
  expect(await start('rcm_rotator', keysOf('1'))).toBe('started');
  const other = keysOf('1').map((key) => ({ ...key, check: identityOf('other') }));
  for (const role of ROLES) expect(await start(role, other)).toMatch(/the id 1 belongs to another identity key/);
  // An agent notes nothing: what it says of a key is nobody's word.
  expect(await start('rcm_agent', keysOf('9'))).toBe('started');
  expect(await t.sql('SELECT use, key_id FROM key_check ORDER BY 1, 2')).toEqual([
    { use: 'fingerprint', key_id: '1' },
    { use: 'identity', key_id: '1' },
  ]);
});
