import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { listCalendar } from '../fleet/calendar.ts';
import { keyRows } from '../keys/left.ts';
import { migrationByOrganization } from '../legacy/by-organization.ts';
import { countHeldByOldReaders } from '../legacy/old-readers.ts';
import { MARKED, readMarks } from '../console/marks.ts';
import { openTestDatabase, type TestDatabase } from '../testing.fixture.ts';
import { makeAsBefore } from './as-before.fixture.ts';
import { makeFleet } from './make.ts';

/** What is read another way than before says the same, of a fleet in which something of everything is wrong. */
let t: TestDatabase;
beforeAll(async () => {
  t = await openTestDatabase();
  await makeFleet(t.url, { to: 1_000 });
  await t.sql(`UPDATE portal_type SET max_task_concurrency = 1 WHERE code IN ('p1', 'p2', 'p3')`);
  await t.sql(`UPDATE portal_type SET max_sessions_per_account = 1`);
  // One login in seven has several tasks that wait; of some the first runs.
  await t.sql(`INSERT INTO portal_task (id, org_id, endpoint_id, name, not_before)
     SELECT gen_random_uuid(), org_id, id, 'n', now() - (hashint4(substr(id, 2)::int) & 4095) * interval '1 minute' FROM integration_endpoint, generate_series(1, 2)
      WHERE substr(id, 2)::int % 7 = 3 AND secret_arn IS NOT NULL`);
  await t.sql(
    `UPDATE portal_task SET state = 'running', worker = 'w', tries = 1, started_at = now(), claimed_until = now() + (hashtext(id::text) % 3) * interval '1 hour'
      WHERE state = 'queued' AND hashtext(id::text) % 3 = 0`,
  );
  // Keys of two kinds, logins that nobody has now, and plaintext that somebody may still read.
  await t.sql(`SET session_replication_role = replica;
    UPDATE login_identity SET key_id = '2' WHERE hashtext(id) % 3 = 0;
    UPDATE login_attempt SET fingerprint = '2:' || login_identity WHERE hashtext(id::text) % 5 = 0;
    UPDATE migration_proof SET row_fingerprint = (1 + abs(hashtext(endpoint_id)) % 2) || ':' || repeat('a', 64) WHERE step = 'verified';
    UPDATE migration_proof SET secret_arn = 'arn:aws:ssm:x' WHERE hashtext(endpoint_id) % 6 = 0;
    UPDATE backup_code_spent SET left_behind = true WHERE hashtext(endpoint_id) % 4 = 0;
    SET session_replication_role = origin`);
  await t.sql(`UPDATE integration_endpoint SET secret_arn = NULL, next_rotation_at = NULL WHERE substr(id, 2)::int % 23 = 4`);
  await t.sql(`UPDATE integration_endpoint SET config = '{"credentials": {"username": "u", "password": "p"}}' WHERE substr(id, 2)::int % 17 = 5`);
  await t.sql(`UPDATE organization SET old_readers_gone_at = now() WHERE id = 'o3'`);
});
afterAll(() => t.close());

test('the queue’s figures', async () => {
  const before = await makeAsBefore(t, { name: 'rcm_task_queue', migration: '20261129040000_figures' });
  const sets = [
    'SELECT 1',
    `UPDATE portal_type SET max_task_concurrency = 5 WHERE code IN ('p1', 'p2')`,
    `UPDATE portal_task SET finished_at = now() - interval '3 minutes', state = 'failed', error_code = 'x', claimed_until = NULL WHERE state = 'running' AND hashtext(id::text) % 2 = 0`,
    `UPDATE portal_type SET max_sessions_per_account = 2, max_task_concurrency = 1 WHERE code <> 'p5'`,
    ...[4_000, 2_000, 500, 50].map(
      (minutes) =>
        `UPDATE portal_task SET not_before = now() + interval '1 hour' WHERE state = 'queued' AND not_before < now() - ${minutes} * interval '1 minute'`,
    ),
  ];
  const seen = new Set<number>();
  for (const set of sets) {
    await t.sql(set);
    // In one statement, and so at one moment.
    const [both] = await t.sql<{ before: string; now: string; age: number }>(
      `SELECT to_json(b)::text AS before, to_json(n)::text AS now, n.age_seconds AS age FROM ${before}() b, rcm_task_queue() n`,
    );
    expect(both?.now).toBe(both?.before);
    seen.add(Math.round((both?.age ?? 0) / 60));
  }
  expect(seen.size).toBeGreaterThan(2);
});

test('what is under each key', async () => {
  const before = await makeAsBefore(t, { name: 'rcm_key_rows', migration: '20261205000000_backup_codes' });
  const then = await t.sql(`SELECT use, key_id AS "keyId", what, count::int AS count FROM ${before}()`);
  expect(then.length).toBeGreaterThanOrEqual(8);
  // What is not migrated was not counted then.
  expect((await keyRows(t.rotator)).filter(({ what }) => what !== 'rows that are not migrated')).toEqual(then);
});

test('logins that somebody may still read in a row', async () => {
  const [then] = await t.sql<{ held: number; due: number }>(`
    SELECT count(DISTINCT e.secret_arn)::int AS held, (count(DISTINCT e.secret_arn) FILTER (WHERE e.next_rotation_at <= now()))::int AS due
      FROM integration_endpoint e JOIN portal_type p ON p.code = e.portal_type_code
     WHERE e.secret_arn IS NOT NULL AND p.rotation_mode = 'automatic'
       AND EXISTS (SELECT FROM integration_endpoint l JOIN organization o ON o.id = l.org_id
                    WHERE l.login_identity = e.login_identity AND l.has_legacy_credentials AND o.old_readers_gone_at IS NULL)`);
  expect(Math.min(then?.held ?? 0, then?.due ?? 0)).toBeGreaterThan(0);
  expect(await countHeldByOldReaders(t.rotator)).toEqual(then);
});

const organizations = async () => (await t.sql<{ id: string }>('SELECT id FROM organization ORDER BY id')).map(({ id }) => id);

test('how far each organization’s migration is, of all and of each', async () => {
  const all = await migrationByOrganization(t.migrator);
  const each = [];
  for (const tenant of await organizations()) each.push(...(await migrationByOrganization(t.migrator, { tenant })));
  expect(all).toHaveLength(10);
  expect(new Set(all.map(({ proved }) => proved)).size).toBeGreaterThan(1);
  expect(all).toEqual(each);
});

describe('what comes', () => {
  test.each([14, 100, 400])('within %s days, of all and of each', async (days) => {
    const asked = { until: new Date(Date.now() + days * 86_400_000), limit: 500 };
    const operator = t.another('rcm_operator');
    const each = [];
    for (const orgId of await organizations()) each.push(...(await listCalendar(operator, { ...asked, orgId })));
    const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
    each.sort((a, b) => a.at.getTime() - b.at.getTime() || compare(a.endpointId, b.endpointId) || compare(a.kind, b.kind));
    const all = await listCalendar(operator, asked);
    expect(all.length).toBeGreaterThan(50);
    expect(all).toEqual(each.slice(0, asked.limit));
    const code = 'p4';
    const ofCode = await listCalendar(operator, { ...asked, portalTypeCode: code });
    expect(ofCode).toEqual(each.filter((entry) => entry.portalTypeCode === code).slice(0, asked.limit));
  });
});

test('what pages follow, of all and of each', async () => {
  await t.sql(`UPDATE portal_task SET finished_at = now() WHERE state = 'succeeded' AND hashtext(id::text) % 9 = 0`);
  await t.sql(`UPDATE notice SET created_at = now() - interval '1 minute' WHERE hashtext(id::text) % 2 = 0`);
  const shown = t.another('rcm_console');
  const what = new Set(MARKED.filter((each) => each !== 'gate' && each !== 'login'));
  const { marks } = await readMarks(shown, { what, organizations: [], beyond: 'every tenant', endpoints: [] });
  const text = (mark: object) => JSON.stringify(mark);
  for (const orgs of [...(await organizations()).map((id) => [id]), ['o1', 'o4', 'o7']]) {
    const own = await readMarks(shown, { what, organizations: orgs, beyond: 'nothing', endpoints: [] });
    expect(own.marks.map(text).sort()).toEqual(
      marks
        .filter(({ orgId }) => orgId !== null && orgs.includes(orgId))
        .map(text)
        .sort(),
    );
  }
  expect(new Set(marks.map((mark) => mark.what))).toEqual(new Set(['rotation', 'refusal', 'task', 'notice']));
});
