import { randomUUID } from 'node:crypto';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freshDatabase } from '@rcm/test-services';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Database } from '../database.ts';
import { openDatabase } from '../open-database.ts';
import { getOpenAttempt } from '../journal/open.ts';
import { acquireSharedLease } from '../leases/acquire.ts';
import { beginLoginAttempt } from '../ledger/attempt.ts';
import { remainingBudget } from '../ledger/budget.ts';
import { identityOf, printOf } from '../testing.fixture.ts';
import { applyMigrations } from './apply.ts';
import { readMigrations } from './files.ts';

const SHIPPED = fileURLToPath(new URL('../../../../prisma/migrations', import.meta.url));
const THIS = '20261126010000_passwords_lockouts_accounts';

let database: Awaited<ReturnType<typeof freshDatabase>>;
let pool: pg.Pool;
let db: Database;
let before: string;

const sql = async <R extends pg.QueryResultRow = Record<string, unknown>>(text: string, values: readonly unknown[] = []) =>
  (await pool.query<R>(text, [...values])).rows;
const ON = { orgId: 'hospital', endpointId: 'endpoint', loginIdentity: identityOf('one') };
const REASONS = ['due', 'demand', 'compromise', 'rollback', 'restored', 'resolve:typed', 'resolve:staged', 'compromised', 'because'];

/** A database as the migrations before this one left it, at work. */
beforeAll(async () => {
  before = await mkdtemp(join(tmpdir(), 'rcm-before-'));
  await cp(SHIPPED, before, { recursive: true, filter: (source) => basename(source) < THIS || !/^\d{14}_/.test(basename(source)) });
  database = await freshDatabase({ migrate: async () => {}, template: 'empty' });
  await applyMigrations({ url: database.url, directory: before });
  pool = new pg.Pool({ connectionString: database.url, max: 2 });
  db = openDatabase({ url: database.url, applicationName: 'test' });
  await sql(`INSERT INTO organization (id, name) VALUES ('hospital', 'Hospital')`);
  await sql(`INSERT INTO portal_type (code, name, hosts, driver, recipe, password_rules, rotation_mode, rotation_interval_days, lockout_threshold, lockout_margin, lockout_window_seconds, settle_ms, max_sessions_per_account, max_concurrency)
             VALUES ('alpine', 'Alpine', '{alpine.example}', 'recipe', '{}', 'x', 'automatic', 60, 4, 1, 777, 0, 1, 1)`);
  const endpoint = (id: string, identity: string) =>
    sql(
      `WITH made AS (INSERT INTO login_identity (id) VALUES ($2) ON CONFLICT DO NOTHING)
       INSERT INTO integration_endpoint (id, org_id, portal_type_code, account_id, base_url, secret_arn, current_version, login_identity)
       VALUES ($1, 'hospital', 'alpine', $1, 'https://alpine.example/', 'arn:aws:ssm:' || $1, '1', $2)`,
      [id, identity],
    );
  await endpoint(ON.endpointId, ON.loginIdentity);
  const login = (outcome: string | null, effect: string | null, minutesAgo: number) =>
    sql(
      `INSERT INTO login_attempt (login_identity, org_id, endpoint_id, lease_id, actor, version, started_at, finished_at, outcome, effect, suspect_until)
       SELECT $1, 'hospital', 'endpoint', gen_random_uuid(), 'agent', '1', at, CASE WHEN $2::text IS NOT NULL THEN at END, $2, $3, CASE WHEN $3 = 'suspect' THEN at + interval '1 h' END
         FROM (SELECT now() - make_interval(mins => $4) AS at) t`,
      [ON.loginIdentity, outcome, effect, minutesAgo],
    );
  await login('accepted', 'none', 60);
  await login('rejected', 'version_bad', 50);
  await login('rejected', 'suspect', 5);
  await login(null, null, 40);
  const attempt = (identity: string, endpointId: string, state: string, reason: string) =>
    sql(
      `INSERT INTO rotation_attempt (id, login_identity, org_id, endpoint_id, portal_type_code, state, fence, owner, reason, secret_arn, base_version, recipe_hash, guesses, ended_at)
       VALUES ($1, $2, 'hospital', $3, 'alpine', $4, 1, 'r', $5, 'arn:aws:ssm:x', '1', 'h', 2, CASE WHEN $4 = 'abandoned' THEN now() END)`,
      [randomUUID(), identity, endpointId, state, reason],
    );
  await attempt(ON.loginIdentity, ON.endpointId, 'staged', 'resolve:typed');
  await endpoint('ended', identityOf('ended'));
  for (const reason of REASONS) await attempt(identityOf('ended'), 'ended', 'abandoned', reason);
  await applyMigrations({ url: database.url });
}, 120_000);
afterAll(async () => {
  await db.close();
  await pool.end();
  await database.drop();
  await rm(before, { recursive: true });
});

test('this is the one that was applied last', async () => {
  expect((await readMigrations(before)).map(({ name }) => name)).toEqual((await readMigrations(SHIPPED)).map(({ name }) => name).filter((name) => name < THIS));
});

test('a version that was bad for good holds nobody back: it is known of no password', async () => {
  expect(await sql(`SELECT effect, proved, fingerprint FROM login_attempt ORDER BY started_at`)).toEqual([
    { effect: 'none', proved: true, fingerprint: null },
    { effect: 'bad', proved: false, fingerprint: null },
    { effect: null, proved: false, fingerprint: null },
    { effect: 'suspect', proved: false, fingerprint: null },
  ]);
  const answer = await acquireSharedLease(db, { ...ON, holder: 'agent', ttlMs: 60_000 });
  if (!answer.granted) throw new Error(answer.reason);
  const ask = { ...ON, leaseId: answer.lease.id, actor: 'agent', version: '1', fingerprints: [printOf('right')] } as const;
  expect(await beginLoginAttempt(db, ask)).toMatchObject({ allowed: true });
  // What the portal counts is counted as before, this login among it; and the one that never had an answer may come late.
  expect(await remainingBudget(db, ON)).toMatchObject({ failuresLeft: 0 });
});

test('a lock lasts as long as the window did, failures are counted in a row', async () => {
  expect(
    await sql(
      `SELECT lockout_counts AS counts, lockout_window_seconds AS window, lockout_lasts_seconds AS lasts, lockout_counts_codes AS codes, account_realm AS realm, username_case AS case FROM portal_type`,
    ),
  ).toEqual([{ counts: 'consecutive', window: 777, lasts: 777, codes: true, realm: null, case: 'exact' }]);
  expect(await sql('SELECT DISTINCT key_id FROM login_identity')).toEqual([{ key_id: '1' }]);
});

test('what is open goes on in the new journal, what has ended stays as it was written', async () => {
  expect(await getOpenAttempt(db, ON)).toMatchObject({
    state: 'staged',
    journalVersion: 2,
    reason: 'resolve',
    found: null,
    heldSince: null,
    refusedRule: null,
  });
  const ended = await sql<{ version: number; reason: string }>(
    `SELECT journal_version AS version, reason FROM rotation_attempt WHERE endpoint_id = 'ended' ORDER BY created_at, id`,
  );
  expect(new Set(ended.map(({ version }) => version))).toEqual(new Set([1]));
  expect(ended.map(({ reason }) => reason).sort()).toEqual(['compromise', 'demand', 'due', 'due', 'due', 'resolve', 'resolve', 'restored', 'rollback'].sort());
});
