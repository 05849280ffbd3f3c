import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Database } from '../database.ts';
import { makeEndpoint, openTestDatabase, type TestDatabase, type TestEndpoint } from '../testing.fixture.ts';
import { comingInMonth, comingOnDay, type DayPlace } from './month.ts';
import { closedHoursOfAll, comingInMonthOfAll, comingOnDayOfAll } from './month-of-all.ts';

let t: TestDatabase;
let shown: Database;
let all: readonly TestEndpoint[];
beforeAll(async () => {
  t = await openTestDatabase();
  shown = t.another('rcm_console');
  const portals = [
    { code: 'expires', passwordExpiresDays: 60, maintenanceWindows: ['sun 02:00-06:00'] },
    { code: 'by-hand', rotationMode: 'manual' },
  ] as const;
  all = [await makeEndpoint(t.db, { portal: portals[0] }), await makeEndpoint(t.db, { portal: portals[1] })];
  // The last moment of a month, and the first.
  for (const { endpointId } of all)
    await t.sql(`UPDATE integration_endpoint SET next_rotation_at = '2031-03-31T23:59:59.9Z', last_rotated_at = '2031-01-30T00:00:00Z' WHERE id = $1`, [
      endpointId,
    ]);
});
afterAll(() => t.close());

const inMonth = async (month: string) => (await comingInMonthOfAll(shown, { month })).map(({ day, kind, by, count }) => `${day} ${kind} ${by} ${count}`);

test('a month has the rotations and the expiries of all organizations, by the day of UTC, and who does each', async () => {
  expect(await inMonth('2031-03')).toEqual(['2031-03-31 password_expires portal 1', '2031-03-31 rotation person 1', '2031-03-31 rotation platform 1']);
  expect(await inMonth('2031-04')).toEqual([]);
  expect(await inMonth('2031-02')).toEqual([]);
});

test('it says of a month and of a day what the calendars of the organizations say', async () => {
  const [own, ownDay] = [[], []] as [string[], string[]];
  for (const { orgId } of all) {
    own.push(...(await comingInMonth(shown, { orgId, month: '2031-03' })).map(({ day, kind, by, count }) => `${day} ${kind} ${by} ${count}`));
    ownDay.push(...(await comingOnDay(shown, { orgId, day: '2031-03-31', limit: 9 })).entries.map((entry) => JSON.stringify(entry)));
  }
  expect(own.toSorted()).toEqual(await inMonth('2031-03'));
  const { entries } = await comingOnDayOfAll(shown, { day: '2031-03-31', limit: 9 });
  expect(entries.map((entry) => JSON.stringify(entry)).toSorted()).toEqual(ownDay.toSorted());
});

test('a day is shown page after page, each entry once, also those of one moment', async () => {
  await t.sql(`UPDATE integration_endpoint SET next_rotation_at = '2031-03-31T00:00:00Z' WHERE id = ANY($1)`, [all.map(({ endpointId }) => endpointId)]);
  const seen = [];
  for (let after: DayPlace | null | undefined; after !== null;) {
    const page: Awaited<ReturnType<typeof comingOnDayOfAll>> = await comingOnDayOfAll(shown, { day: '2031-03-31', after: after ?? null, limit: 1 });
    seen.push(...page.entries.map(({ endpointId, kind }) => `${endpointId} ${kind}`));
    after = page.next;
  }
  expect(seen).toHaveLength(3);
  expect(new Set(seen).size).toBe(3);
});

test('what is forbidden to programs has no date, and the closed hours are of every portal type', async () => {
  await t.sql(`WITH why AS (SELECT set_config('app.reason', 'a test', true)) UPDATE portal_type SET automation = 'forbidden' FROM why WHERE code = 'by-hand'`);
  expect(await inMonth('2031-03')).toEqual(['2031-03-31 password_expires portal 1', '2031-03-31 rotation platform 1']);
  expect(await closedHoursOfAll(shown)).toEqual([{ code: 'expires', windows: ['sun 02:00-06:00'], timeZone: 'UTC' }]);
});

test.each(['2031-13', 'now', "2031-01-01'; --"])('%j is no month', (month) =>
  expect(comingInMonthOfAll(shown, { month })).rejects.toMatchObject({ code: 'input_invalid' }),
);
