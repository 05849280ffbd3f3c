import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { openTestDatabase, type TestDatabase } from '../testing.fixture.ts';
import { tidyPortalTasks } from './tidy.ts';

let t: TestDatabase;
beforeAll(async () => {
  t = await openTestDatabase();
  await t.sql(`INSERT INTO portal_type (code, name, hosts, driver, recipe, password_rules, rotation_mode, lockout_threshold, lockout_margin, lockout_window_seconds, settle_ms)
     VALUES ('p', 'p', ARRAY['p.example'], 'recipe', '{}', 'minlength: 12', 'automatic', 4, 1, 900, 0)`);
  await t.sql(
    `INSERT INTO organization (id, name, task_keep_days) SELECT 'o' || o, 'o', CASE WHEN o % 10 = 0 THEN 90 WHEN o % 10 = 1 THEN 1 END FROM generate_series(1, ${ORGANIZATIONS}) o`,
  );
  await t.sql(
    `INSERT INTO integration_endpoint (id, org_id, portal_type_code, account_id, base_url) SELECT 'e' || o, 'o' || o, 'p', 'a', 'https://p.example/' FROM generate_series(1, ${ORGANIZATIONS}) o`,
  );
});
afterAll(() => t.close());
beforeEach(async () => {
  await t.sql('DELETE FROM portal_task');
  await t.sql(`INSERT INTO portal_task (id, org_id, endpoint_id, name, state, created_at, started_at, finished_at, deadline_at)
     SELECT gen_random_uuid(), 'o' || o, 'e' || o, 'n', 'succeeded', f.at, f.at, f.at, f.at + interval '1 hour'
       FROM generate_series(1, ${ORGANIZATIONS}) o, (VALUES (now() - interval '100 days'), (now() - interval '8 days'), (now() - interval '2 days'), (now())) f (at)`);
});

const ORGANIZATIONS = 450;
const DAY_MS = 86_400_000;
const tidy = (most = 500) => tidyPortalTasks(t.agent, { keptMs: 7 * DAY_MS, most });
const left = async (days: number) =>
  (await t.sql<{ n: number }>(`SELECT count(*)::int AS n FROM portal_task WHERE finished_at < now() - $1 * interval '1 day' - interval '1 hour'`, [days]))[0]
    ?.n;

test('organizations take turns, and what each says it keeps is kept', async () => {
  const deleted: number[] = [];
  for (let turn = 0; turn < 3; turn += 1) deleted.push((await tidy()).deleted);
  // Two hundred at a time, wherever it began: two tasks of each, one of those that keep theirs for long, three of those that keep them for a day.
  expect(deleted.reduce((sum, each) => sum + each, 0)).toBe(450 * 2);
  expect(Math.max(...deleted)).toBeLessThanOrEqual(410);
  const [counts] = await t.sql(`
    SELECT count(*) FILTER (WHERE o.task_keep_days IS NULL)::int AS usual, count(*) FILTER (WHERE o.task_keep_days = 90)::int AS long, count(*) FILTER (WHERE o.task_keep_days = 1)::int AS short
      FROM portal_task p JOIN organization o ON o.id = p.org_id`);
  expect(counts).toEqual({ usual: 360 * 2, long: 45 * 3, short: 45 });
});

test('a turn with more than is deleted at once is not over before all is gone', async () => {
  let rounds = 0;
  while ((await left(90)) !== 0 && rounds < 100) {
    rounds += 1;
    expect((await tidy(50)).deleted).toBeLessThanOrEqual(50);
  }
  expect(await left(90)).toBe(0);
  expect(rounds).toBeGreaterThanOrEqual(450 / 50);
});

test('of two at once one deletes, and neither waits for the other', async () => {
  const done = await Promise.all([tidy(), tidy(), tidy()]);
  expect(done.some(({ deleted }) => deleted > 0)).toBe(true);
  for (let turn = 0; turn < 3; turn += 1) await tidy();
  expect(await left(90)).toBe(0);
});
