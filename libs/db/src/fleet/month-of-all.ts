import { byIndexSorted } from '../by-index.ts';
import type { Database } from '../database.ts';
import { Prisma } from '../generated/client.ts';
import { checkLimit, checkPlaceTime } from '../input.ts';
import { BY_HAND } from '../manual/by-hand.ts';
import type { CalendarEntry } from './calendar.ts';
import { checkDay, type ClosedHours, type DayCount, type DayPlace } from './month.ts';
import { COUNTED_AT_MOST } from './overview.ts';

/**
 * What has a date of its own in a row, so that an index of each portal type leads to it: rotations, and passwords that expire. When a login lapses or is recertified
 * is worked out of all that was done with it, and is on the calendar of its organization alone.
 */
const ROTATES = { kind: 'rotation', at: Prisma.sql`e.next_rotation_at`, later: Prisma.sql`interval '0'`, holds: Prisma.sql`true` } as const;
const EXPIRES = {
  kind: 'password_expires',
  at: Prisma.sql`e.last_rotated_at`,
  later: Prisma.sql`make_interval(hours => 24 * p.password_expires_days)`,
  holds: Prisma.sql`p.password_expires_days IS NOT NULL`,
} as const;

const IS_BY_HAND = Prisma.sql`(${BY_HAND} OR p.automation IS NULL)`;
const IS_ALLOWED = Prisma.sql`p.automation IS DISTINCT FROM 'forbidden'`;
const MOST_PORTALS = 1_000;

/** How much comes on each day of a month for the logins of all organizations, COUNTED_AT_MOST of a day and kind at most. A day without anything is left out. `month`: `YYYY-MM`. For `rcm_console`. Fails with `input_invalid`. */
export async function comingInMonthOfAll(db: Database, { month }: { readonly month: string }): Promise<readonly DayCount[]> {
  const first = checkDay(`${month}-01`);
  const count = ({ at, later, holds }: typeof ROTATES | typeof EXPIRES, who: Prisma.Sql): Prisma.Sql => Prisma.sql`
    (SELECT count(*)::int FROM (SELECT FROM portal_type p CROSS JOIN LATERAL (
       SELECT FROM integration_endpoint e WHERE e.portal_type_code = p.code AND e.secret_arn IS NOT NULL
          AND ${at} >= d.since - ${later} AND ${at} < d.until - ${later} LIMIT ${COUNTED_AT_MOST}) o
      WHERE ${IS_ALLOWED} AND ${holds} AND ${who} LIMIT ${COUNTED_AT_MOST}) s)`;
  return byIndexSorted(
    db,
    'every tenant',
    (tx) => tx.$queryRaw<DayCount[]>`
      SELECT d.day, c.kind, c.by, c.count FROM (
        SELECT to_char(t.day, 'YYYY-MM-DD') AS day, t.day AT TIME ZONE 'UTC' AS since, (t.day + interval '1 day') AT TIME ZONE 'UTC' AS until
          FROM generate_series(${first}::date::timestamp, ${first}::date + interval '1 month' - interval '1 day', interval '1 day') t (day)) d
       CROSS JOIN LATERAL (VALUES ('rotation', 'platform', ${count(ROTATES, Prisma.sql`NOT ${IS_BY_HAND}`)}), ('rotation', 'person', ${count(ROTATES, IS_BY_HAND)}),
                                  ('password_expires', 'portal', ${count(EXPIRES, Prisma.sql`true`)})) c (kind, by, count)
       WHERE c.count > 0 ORDER BY 1, 2, 3`,
  );
}

/** One page of it for one day, the soonest first. As `comingInMonthOfAll`. */
export async function comingOnDayOfAll(
  db: Database,
  { day, after = null, limit }: { readonly day: string; readonly after?: DayPlace | null; readonly limit: number },
): Promise<{ readonly entries: readonly CalendarEntry[]; readonly next: DayPlace | null }> {
  const [first, most] = [checkDay(day), checkLimit(limit)];
  if (after) checkPlaceTime(after.at);
  const starts = Prisma.sql`(${first}::date::timestamp AT TIME ZONE 'UTC')`;
  const ends = Prisma.sql`((${first}::date + interval '1 day') AT TIME ZONE 'UTC')`;
  // Of each portal type the first of the page by its index, then the first of all of them.
  const some = ({ kind, at, later, holds }: typeof ROTATES | typeof EXPIRES, by: Prisma.Sql): Prisma.Sql => {
    const since = after === null ? starts : Prisma.sql`greatest(${starts}, ${after.at}::timestamptz)`;
    const from =
      after === null ? Prisma.sql`true` : Prisma.sql`(${at} + ${later}, e.id, ${kind}::text) > (${after.at}::timestamptz, ${after.id}, ${after.kind})`;
    return Prisma.sql`
      SELECT o.id AS "endpointId", o.org_id AS "orgId", p.code AS "portalTypeCode", ${kind}::text AS kind, o.at, ${by} AS by, o.at::text AS place
        FROM portal_type p CROSS JOIN LATERAL (
          SELECT e.id, e.org_id, ${at} + ${later} AS at FROM integration_endpoint e WHERE e.portal_type_code = p.code AND e.secret_arn IS NOT NULL
             AND ${at} >= ${since} - ${later} AND ${at} < ${ends} - ${later} AND ${from} ORDER BY ${at}, e.id LIMIT ${most + 1}) o
       WHERE ${IS_ALLOWED} AND ${holds}`;
  };
  const rows = await byIndexSorted(
    db,
    'every tenant',
    (tx) => tx.$queryRaw<(CalendarEntry & { readonly place: string })[]>`
      SELECT * FROM (${some(ROTATES, Prisma.sql`CASE WHEN ${IS_BY_HAND} THEN 'person' ELSE 'platform' END`)} UNION ALL ${some(EXPIRES, Prisma.sql`'portal'`)}) c
       ORDER BY c.at, c."endpointId", c.kind LIMIT ${most + 1}`,
  );
  const page = rows.slice(0, most);
  const last = page.at(-1);
  const next = rows.length > most && last ? { at: last.place, id: last.endpointId, kind: last.kind } : null;
  return { entries: page.map(({ place: _place, ...entry }) => entry), next };
}

/** The closed hours of every portal type that has some, by code. For `rcm_console`. */
export const closedHoursOfAll = (db: Database): Promise<readonly ClosedHours[]> =>
  db.transaction(
    'every tenant',
    (tx) => tx.$queryRaw<ClosedHours[]>`
      SELECT p.code, p.maintenance_windows AS windows, p.maintenance_time_zone AS "timeZone" FROM portal_type p
       WHERE cardinality(p.maintenance_windows) > 0 ORDER BY p.code LIMIT ${MOST_PORTALS}`,
  );
