import { afterAll, beforeAll, expect, test } from 'vitest';
import { openTestDatabase, type TestDatabase } from '../testing.fixture.ts';
import { Starts } from './starts.fixture.ts';

let t: TestDatabase;
beforeAll(async () => void (t = await openTestDatabase()));
afterAll(() => t.close());
const rotations = new Starts(() => t);

/** Long enough for one to be let through. */
const OPEN = `cause = 'page_changed', opened_at = clock_timestamp() - interval '2 hours', closed_at = NULL, probed_at = NULL`;
const day = (daysAgo: number) =>
  `canary_day = (SELECT (clock_timestamp() AT TIME ZONE maintenance_time_zone)::date - ${daysAgo} FROM portal_type WHERE code = portal_type_code)`;

test.each([
  ['has run today and passed', `${day(0)}, canary_state = 'passed'`, null, false],
  ['runs', `${day(0)}, canary_state = 'running'`, 'canary', false],
  ['passed yesterday', `${day(1)}, canary_state = 'passed'`, null, true],
  ['has run since yesterday', `${day(1)}, canary_state = 'running'`, null, true],
  ['runs, and the breaker is open for a probe', `${day(0)}, canary_state = 'running', ${OPEN}`, null, true],
  ['passed today, and the breaker is open for a probe', `${day(0)}, canary_state = 'passed', ${OPEN}`, null, false],
])('where the day’s first rotation %s', async (_what, gate, refusal, isCanary) => {
  const { code, endpoints } = await rotations.type(1);
  await t.sql(`INSERT INTO portal_gate (portal_type_code) VALUES ('${code}')`);
  await t.sql(`UPDATE portal_gate SET canary_attempt_id = gen_random_uuid(), ${gate} WHERE portal_type_code = '${code}'`);
  const started = await rotations.start(endpoints[0]);
  expect(started.refusal).toBe(refusal);
  const [found] = await t.sql<{ attempt: string | null; today: boolean }>(
    `SELECT canary_attempt_id::text AS attempt, ${day(0).replace('canary_day =', 'canary_day IS NOT DISTINCT FROM')} AS today FROM portal_gate WHERE portal_type_code = '${code}'`,
  );
  expect(found?.attempt === started.attemptId).toBe(isCanary);
  expect(found?.today).toBe(true);
});

test('a probe that the maintenance hours or other rotations hold back is none: the next one need not wait for it', async () => {
  const closed = await rotations.type(1, { maintenanceWindows: ['daily 00:00-00:00'] });
  const full = await rotations.type(2, { maxConcurrency: 1 });
  expect((await rotations.start(full.endpoints[0])).refusal).toBeNull();
  for (const [{ code }, login, refusal] of [
    [closed, closed.endpoints[0], 'maintenance'],
    [full, full.endpoints[1], 'busy'],
  ] as const) {
    await t.sql(`INSERT INTO portal_gate (portal_type_code) VALUES ('${code}') ON CONFLICT DO NOTHING`);
    await t.sql(`UPDATE portal_gate SET ${OPEN} WHERE portal_type_code = '${code}'`);
    expect((await rotations.start(login)).refusal).toBe(refusal);
    expect(await t.sql(`SELECT probed_at FROM portal_gate WHERE portal_type_code = '${code}'`)).toEqual([{ probed_at: null }]);
  }
});
