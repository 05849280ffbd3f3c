import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Database } from '../database.ts';
import { makeEndpoint, openTestDatabase, type TestDatabase, type TestEndpoint } from '../testing.fixture.ts';
import { closedHours, comingInMonth, comingOnDay, type DayPlace } from './month.ts';

let t: TestDatabase;
let shown: Database;
let mine: TestEndpoint;
beforeAll(async () => {
  t = await openTestDatabase();
  shown = t.another('rcm_console');
  const portal = { code: 'lapses', passwordExpiresDays: 60, dormantAfterDays: 90, recertifyEveryDays: 365, maintenanceWindows: ['sun 02:00-06:00'] } as const;
  mine = await makeEndpoint(t.db, { portal });
  const other = await makeEndpoint(t.db);
  await t.sql(
    `UPDATE integration_endpoint SET next_rotation_at = '2031-03-31T23:59:59.9Z', last_rotated_at = '2031-01-01T12:00:00Z', created_at = '2030-04-01T12:00:00Z' WHERE id = $1`,
    [mine.endpointId],
  );
  await t.sql(`UPDATE login_identity SET last_login_at = '2030-12-30T00:00:00Z' WHERE id = $1`, [mine.loginIdentity]);
  await t.sql(`UPDATE integration_endpoint SET next_rotation_at = '2031-03-05T00:00:00Z' WHERE id = $1`, [other.endpointId]);
});
afterAll(() => t.close());

const inMonth = async (month: string) => (await comingInMonth(shown, { orgId: mine.orgId, month })).map(({ day, kind, count }) => `${day} ${kind} ${count}`);

test('a month has what comes in it for the organization’s own logins, by the day of UTC, and no more', async () => {
  // 90 days after the last login; 60 after the last rotation; and the last moment of the month.
  expect(await inMonth('2031-03')).toEqual(['2031-03-02 password_expires 1', '2031-03-30 dormant 1', '2031-03-31 rotation 1']);
  expect(await inMonth('2031-04')).toEqual(['2031-04-01 recertify 1']);
  expect((await inMonth('2031-02')).map((each) => each.split(' ')[1])).toEqual(['keep_alive']);
  await t.sql(`UPDATE integration_endpoint SET next_rotation_at = '2031-04-01T00:00:00Z' WHERE id = $1`, [mine.endpointId]);
  expect(await inMonth('2031-04')).toEqual(['2031-04-01 recertify 1', '2031-04-01 rotation 1']);
});

test('a day is shown page after page, each entry once, also those of one moment', async () => {
  await t.sql(`UPDATE integration_endpoint SET next_rotation_at = '2031-04-01T12:00:00Z' WHERE id = $1`, [mine.endpointId]);
  const seen = [];
  for (let after: DayPlace | null | undefined; after !== null;) {
    const page: Awaited<ReturnType<typeof comingOnDay>> = await comingOnDay(shown, { orgId: mine.orgId, day: '2031-04-01', after: after ?? null, limit: 1 });
    seen.push(...page.entries.map(({ kind, by }) => `${kind} ${by}`));
    after = page.next;
  }
  expect(seen).toEqual(['recertify person', 'rotation platform']);
});

test('the closed hours are those of portals where the organization has logins', async () => {
  expect(await closedHours(shown, mine)).toEqual([{ code: 'lapses', windows: ['sun 02:00-06:00'], timeZone: 'UTC' }]);
  expect(await closedHours(shown, await makeEndpoint(t.db))).toEqual([]);
});

test.each(['2031-13', '2031-1', 'now', '1999-01', "2031-01-01'; --"])('%j is no month', (month) =>
  expect(comingInMonth(shown, { orgId: mine.orgId, month })).rejects.toMatchObject({ code: 'input_invalid' }),
);
test.each(['2031-02-30', '2031-02', ''])('%j is no day', (day) =>
  expect(comingOnDay(shown, { orgId: mine.orgId, day, limit: 5 })).rejects.toMatchObject({ code: 'input_invalid' }),
);
