import { openDatabase } from '@rcm/db';
import { migrateWithLogins, urlFor } from '@rcm/db/testing';
import { createLogger } from '@rcm/telemetry';
import { freshDatabase } from '@rcm/test-services';
import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { forgetOldRows } from './forget-old.ts';

let database: Awaited<ReturnType<typeof freshDatabase>>;
let owner: pg.Pool;
beforeAll(async () => {
  database = await freshDatabase({ migrate: migrateWithLogins });
  owner = new pg.Pool({ connectionString: database.url, max: 1 });
});
afterAll(async () => {
  await owner?.end();
  await database?.drop();
});

const logger = createLogger({ name: 'test', level: 'silent' });
const count = async (table: string) => Number((await owner.query<{ count: string }>(`SELECT count(*) FROM ${table}`)).rows[0]?.count);
const KEPT = { RCM_ASKED_KEEP_DAYS: 400, RCM_PROOF_KEEP_DAYS: 400, RCM_LEDGER_KEEP_DAYS: undefined };

it('all that is old goes in one round, in several statements; a rule that fails keeps none of the others from theirs', async () => {
  const db = openDatabase({ url: urlFor('rcm_rotator', database.url), applicationName: 'test', role: 'rcm_rotator' });
  await owner.query(
    `INSERT INTO inbound_seen (print, kept_until) SELECT '1:' || repeat(md5(n::text), 2), now() + (n - 1200.5) * interval '1 minute' FROM generate_series(1, 1300) n`,
  );
  await owner.query(`INSERT INTO organization (id, name) VALUES ('org', 'Org')`);
  await owner.query(
    `INSERT INTO login_request (kind, actor, reason, asked_at, ended_at, outcome) SELECT 'pause', 'person:os:jane', 'r', now() - n * interval '200 days', now() - n * interval '200 days', 'done' FROM generate_series(1, 3) n`,
  );
  const { signal } = new AbortController();
  await owner.query('REVOKE DELETE ON login_request FROM rcm_internal');
  await forgetOldRows({ db, logger }, KEPT, signal);
  expect([await count('inbound_seen'), await count('login_request')]).toEqual([100, 3]);
  await owner.query('GRANT DELETE ON login_request TO rcm_internal');
  await forgetOldRows({ db, logger }, { ...KEPT, RCM_ASKED_KEEP_DAYS: 500 }, signal);
  expect(await count('login_request')).toBe(2);
  await forgetOldRows({ db, logger }, KEPT, signal);
  expect([await count('inbound_seen'), await count('login_request')]).toEqual([100, 1]);
  await db.close();
});

it('the ledger is thinned only where somebody says for how long it is kept, and to the end in one round', async () => {
  const db = openDatabase({ url: urlFor('rcm_rotator', database.url), applicationName: 'test', role: 'rcm_rotator' });
  const { signal } = new AbortController();
  await owner.query(`
    INSERT INTO organization (id, name) VALUES ('firm', 'Firm');
    INSERT INTO portal_type (code, name, hosts, driver, recipe, password_rules, rotation_mode, lockout_threshold, lockout_margin, lockout_window_seconds, settle_ms)
      VALUES ('alpine', 'Alpine', ARRAY['p.example'], 'recipe', '{}', 'minlength: 12', 'automatic', 4, 1, 900, 0);
    INSERT INTO login_identity (id) VALUES (repeat('a', 64));
    INSERT INTO integration_endpoint (id, org_id, portal_type_code, account_id, base_url, secret_arn, current_version, login_identity)
      VALUES ('e', 'firm', 'alpine', 'a', 'https://p.example/', 'arn:aws:ssm:us-east-1:123456789012:parameter/rcm/t/firm/endpoints/e/a', '1', repeat('a', 64));
    INSERT INTO login_attempt (login_identity, org_id, endpoint_id, lease_id, actor, version, fingerprint, started_at, finished_at, outcome, effect, proved)
      SELECT repeat('a', 64), 'firm', 'e', gen_random_uuid(), 'agent', '1', '1:' || repeat('a', 64), now() - n * interval '8 hours', now() - n * interval '8 hours', 'accepted', 'none', true
        FROM generate_series(1, 2400) n`);
  await forgetOldRows({ db, logger }, KEPT, signal);
  expect(await count('login_attempt')).toBe(2_400);
  await forgetOldRows({ db, logger }, { ...KEPT, RCM_LEDGER_KEEP_DAYS: 400 }, signal);
  // 1,199 of the last 400 days, the moment that it takes to look counted to the old ones; and the first of all.
  expect(await count('login_attempt')).toBe(1_200);
  await db.close();
});
