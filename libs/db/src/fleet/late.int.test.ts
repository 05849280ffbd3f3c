import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Database } from '../database.ts';
import { putOffRotation } from '../endpoints/put-off.ts';
import { finishAttempt } from '../journal/ends.ts';
import { releaseLease } from '../leases/upkeep.ts';
import { makeEndpoint, openTestDatabase, plannedAttempt, type TestDatabase, type TestEndpoint } from '../testing.fixture.ts';
import { fleetFigures } from './figures.ts';
import { listLogins } from './list-logins.ts';
import { fleetOverview } from './overview.ts';

let t: TestDatabase;
let operator: Database;
beforeEach(async () => {
  t = await openTestDatabase();
  operator = t.another('rcm_operator');
});
afterEach(() => t.close());

const HOUR_MS = 3_600_000;
/** No spread: each is due on the day. */
const PORTAL = { rotationIntervalDays: 60, rotationSpreadDays: 0 };
const HOURS = { aDay: 24, untilDue: 60 * 24 + 1 };

/** All that rows say of the past and of what comes was said so many hours before. */
const pass = (hours: number) =>
  t.sql(
    `UPDATE integration_endpoint e SET next_rotation_at = e.next_rotation_at - w.by, last_rotated_at = e.last_rotated_at - w.by, rotation_not_before = e.rotation_not_before - w.by,
            secret_taken_at = e.secret_taken_at - w.by, created_at = e.created_at - w.by FROM (SELECT make_interval(hours => $1::int) AS by) w`,
    [hours],
  );
/** How many a person is told of: by the alarm, and where they look, in a count and in a list. */
async function late(): Promise<number> {
  const { overdue } = await fleetFigures(t.rotator, { windowMs: 600_000, suspects: 3 });
  expect((await fleetOverview(operator)).overdue).toBe(overdue);
  for (const filter of [{ late: true }, { late: true, neverUsed: true }])
    expect((await listLogins(operator, { filter, limit: 10 })).logins, JSON.stringify(filter)).toHaveLength(overdue);
  return overdue;
}
const putOff = (endpoint: TestEndpoint) => putOffRotation(t.rotator, { ...endpoint, forMs: HOUR_MS / 6 });

async function fail(endpoint: TestEndpoint): Promise<void> {
  const { leaseId, ...attempt } = await plannedAttempt(t.rotator, endpoint);
  const end = { ...attempt, orgId: endpoint.orgId, from: 'planned', end: 'abandoned', detail: 'x', dueAgainMs: 24 * HOUR_MS } as const;
  expect(await finishAttempt(t.rotator, end)).toBe(true);
  await releaseLease(t.rotator, { leaseId, orgId: endpoint.orgId });
}

test.each([
  ['put off', async (endpoint: TestEndpoint) => void expect(await putOff(endpoint)).toBe(true)],
  ['tried in vain', fail],
])('a login that was never rotated is late though its rotation is %s each day, and until it gets through', async (_, without) => {
  const endpoint = await makeEndpoint(t.db, { portal: PORTAL });
  await pass(HOURS.untilDue);
  for (const days of [0, 1, 2, 3]) {
    await without(endpoint);
    expect(await late(), `after ${days} days`).toBe(days === 0 ? 0 : 1);
    await pass(HOURS.aDay);
  }
  await t.sql(`UPDATE integration_endpoint SET last_rotated_at = now(), rotation_not_before = NULL, next_rotation_at = now() + interval '60 days'`);
  expect(await late()).toBe(0);
});

test('one that was rotated before is late by its portal’s own expiry, where that is sooner', async () => {
  const endpoint = await makeEndpoint(t.db, { portal: { ...PORTAL, passwordExpiresDays: 30, expiryHeadStartDays: 7 } });
  await t.sql(`UPDATE integration_endpoint SET last_rotated_at = now() - interval '23 days 1 hour', next_rotation_at = now() - interval '1 hour'`);
  await putOff(endpoint);
  expect(await late()).toBe(0);
  await pass(HOURS.aDay);
  await putOff(endpoint);
  expect(await late()).toBe(1);
});

test('what failed before its time, or has another date since its portal type is rotated more often, is not late', async () => {
  const [asked, other] = [await makeEndpoint(t.db, { portal: PORTAL }), await makeEndpoint(t.db, { portal: { ...PORTAL, rotationIntervalDays: 30 } })];
  await pass(40 * 24);
  await fail(asked);
  await t.sql(`UPDATE integration_endpoint SET next_rotation_at = now() + interval '20 days' WHERE id = $1`, [other.endpointId]);
  expect(await late()).toBe(0);
});
