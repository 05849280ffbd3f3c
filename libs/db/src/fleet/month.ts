import { RcmError } from '@rcm/telemetry';
import type { Database } from '../database.ts';
import { Prisma } from '../generated/client.ts';
import { checkId, checkLimit, checkPlaceTime } from '../input.ts';
import { type CalendarEntry, COMING, IS_KEPT } from './calendar.ts';

/** How much of one kind comes on one day, by UTC. */
export interface DayCount extends Pick<CalendarEntry, 'kind' | 'by'> {
  /** `YYYY-MM-DD`. */
  readonly day: string;
  readonly count: number;
}

/** Behind the last entry of a page; `at` as Postgres wrote it. */
export interface DayPlace {
  readonly at: string;
  readonly id: string;
  readonly kind: string;
}

/** A portal type that keeps hours in which nobody rotates there, as it was saved. */
export interface ClosedHours {
  readonly code: string;
  readonly windows: readonly string[];
  readonly timeZone: string;
}

const DAY = /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$/;
const MOST_PORTALS = 1_000;

/**
 * How much comes on each day of a month for the logins of one organization, which are all read: when one lapses is worked out and not kept. A day without anything is
 * left out. `month`: `YYYY-MM`. For `rcm_console`. Fails with `input_invalid`.
 */
export async function comingInMonth(db: Database, { orgId, month }: { readonly orgId: string; readonly month: string }): Promise<readonly DayCount[]> {
  const first = checkDay(`${month}-01`);
  const starts = Prisma.sql`(${first}::date::timestamp AT TIME ZONE 'UTC')`;
  const ends = Prisma.sql`((${first}::date + interval '1 month') AT TIME ZONE 'UTC')`;
  return db.transaction(
    { tenant: checkId('orgId', orgId) },
    (tx) => tx.$queryRaw<DayCount[]>`
      SELECT to_char(c.at AT TIME ZONE 'UTC', 'YYYY-MM-DD') AS day, c.kind, c.by, count(*)::int AS count FROM ${COMING}
       WHERE e.org_id = ${orgId} AND ${IS_KEPT} AND c.at >= ${starts} AND c.at < ${ends} GROUP BY 1, 2, 3 ORDER BY 1, 2, 3`,
  );
}

/** One page of what comes on one day, the soonest first. As `comingInMonth`. */
export async function comingOnDay(
  db: Database,
  { orgId, day, after = null, limit }: { readonly orgId: string; readonly day: string; readonly after?: DayPlace | null; readonly limit: number },
): Promise<{ readonly entries: readonly CalendarEntry[]; readonly next: DayPlace | null }> {
  const [first, most] = [checkDay(day), checkLimit(limit)];
  if (after) checkPlaceTime(after.at);
  const from = after === null ? Prisma.sql`true` : Prisma.sql`(c.at, e.id, c.kind) > (${after.at}::timestamptz, ${after.id}, ${after.kind})`;
  const rows = await db.transaction(
    { tenant: checkId('orgId', orgId) },
    (tx) => tx.$queryRaw<(CalendarEntry & { readonly place: string })[]>`
      SELECT e.id AS "endpointId", e.org_id AS "orgId", e.portal_type_code AS "portalTypeCode", c.kind, c.at, c.by, c.at::text AS place FROM ${COMING}
       WHERE e.org_id = ${orgId} AND ${IS_KEPT} AND ${from}
         AND c.at >= (${first}::date::timestamp AT TIME ZONE 'UTC') AND c.at < ((${first}::date + interval '1 day') AT TIME ZONE 'UTC')
       ORDER BY c.at, e.id, c.kind LIMIT ${most + 1}`,
  );
  const page = rows.slice(0, most);
  const last = page.at(-1);
  const next = rows.length > most && last ? { at: last.place, id: last.endpointId, kind: last.kind } : null;
  return { entries: page.map(({ place: _place, ...entry }) => entry), next };
}

/** The closed hours of the portal types where an organization has logins, by code. For `rcm_console`. */
export const closedHours = (db: Database, { orgId }: { readonly orgId: string }): Promise<readonly ClosedHours[]> =>
  db.transaction(
    { tenant: checkId('orgId', orgId) },
    (tx) => tx.$queryRaw<ClosedHours[]>`
      SELECT p.code, p.maintenance_windows AS windows, p.maintenance_time_zone AS "timeZone" FROM portal_type p
       WHERE cardinality(p.maintenance_windows) > 0 AND p.code IN (SELECT e.portal_type_code FROM integration_endpoint e WHERE e.org_id = ${orgId})
       ORDER BY p.code LIMIT ${MOST_PORTALS}`,
  );

/** A day that there is, of a year that calendars have. */
export function checkDay(day: string): string {
  if (DAY.test(day) && day >= '2000' && day < '2200' && new Date(`${day}T00:00:00Z`).toISOString().startsWith(day)) return day;
  throw new RcmError('input_invalid', 'Say a day as YYYY-MM-DD, or a month as YYYY-MM.');
}
