import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { freshDatabase } from '@rcm/test-services';
import pg from 'pg';
import { expect, test } from 'vitest';
import { applyMigrations } from './apply.ts';
import { SHIPPED } from './files.ts';

const THIS = '20261130040000_turns_by_tenant';

test('tasks that waited or were at work before turns were kept come in turn afterwards', { timeout: 120_000 }, async () => {
  const before = await mkdtemp(join(tmpdir(), 'rcm-before-'));
  await cp(SHIPPED, before, { recursive: true, filter: (source) => basename(source) < THIS || !/^\d{14}_/.test(basename(source)) });
  const database = await freshDatabase({ migrate: async () => {}, template: 'empty' });
  const pool = new pg.Pool({ connectionString: database.url, max: 2 });
  try {
    await applyMigrations({ url: database.url, directory: before });
    await pool.query(`
      INSERT INTO portal_type (code, name, hosts, driver, recipe, password_rules, rotation_mode, lockout_threshold, lockout_margin, lockout_window_seconds, settle_ms, max_task_concurrency)
      VALUES ('narrow', 'n', '{n.example}', 'recipe', '{}', 'x', 'automatic', 4, 1, 900, 0, 3);
      INSERT INTO organization (id, name) SELECT o, o FROM unnest('{a,b,c}'::text[]) o;
      INSERT INTO integration_endpoint (id, org_id, portal_type_code, account_id, base_url) SELECT o || i, o, 'narrow', i, 'https://n.example/' FROM unnest('{a,b,c}'::text[]) o, generate_series(1, 2) i;
      -- One at work, one that its worker left, one served long ago; and something that waits for each.
      INSERT INTO portal_task (id, org_id, endpoint_id, name, state, worker, claimed_until, started_at) VALUES
        (gen_random_uuid(), 'a', 'a1', 'at work', 'running', 'w', now() + interval '10 minutes', now()), (gen_random_uuid(), 'b', 'b1', 'left', 'running', 'w', now() - interval '1 minute', now());
      INSERT INTO portal_task (id, org_id, endpoint_id, name, state, started_at, finished_at) VALUES (gen_random_uuid(), 'c', 'c1', 'done', 'succeeded', now() - interval '1 hour', now());
      INSERT INTO portal_task (id, org_id, endpoint_id, name, not_before) SELECT gen_random_uuid(), o, o || i, 'waits', now() + i * interval '1 ms' FROM unnest('{a,b,c}'::text[]) o, generate_series(1, 2) i`);
    await applyMigrations({ url: database.url });
    const take = async () =>
      (
        await pool.query<{ name: string }>(
          `SELECT t.org_id || ' ' || t.name AS name FROM rcm_next_task('w', interval '1 minute') n JOIN portal_task t ON t.id = n.task_id`,
        )
      ).rows[0]?.name ?? null;
    // The portal has three places, and one of them is taken.
    expect([await take(), await take(), await take()]).toEqual(['c waits', 'b left', null]);
    await pool.query(`UPDATE portal_type SET max_task_concurrency = NULL`);
    expect([await take(), await take(), await take(), await take()]).toEqual(['a waits', 'c waits', 'b waits', null]);
  } finally {
    await pool.end();
    await database.drop();
    await rm(before, { recursive: true });
  }
});
