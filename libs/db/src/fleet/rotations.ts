import { byIndex, byIndexSorted } from '../by-index.ts';
import type { Database } from '../database.ts';
import type { Automation } from '../endpoints/endpoint.ts';
import { Prisma } from '../generated/client.ts';
import { checkId } from '../input.ts';
import type { Scope } from '../scope.ts';
import { COUNTED_AT_MOST } from './overview.ts';

type Seen = Exclude<Scope, 'no tenant'>;

/** How many rotations fall on one day, by UTC; of today with whatever is overdue. COUNTED_AT_MOST at most. */
export interface DueDay {
  readonly day: Date;
  readonly due: number;
}

/** How one portal type's rotations stand. */
export interface PortalRotations {
  readonly code: string;
  readonly name: string;
  readonly rotationMode: 'automatic' | 'manual';
  readonly automation: Automation | null;
  readonly maxConcurrency: number;
  /** When the first of them is due. */
  readonly nextAt: Date | null;
  /** Neither waiting nor blocked; of one organization its own. */
  readonly underWay: number;
}

const OPEN_COUNTED = 1_000;
/** The logins of an organization, by its own index: those of all that are due that day would be read else. */
const mine = (orgId: string): Prisma.Sql => Prisma.sql`
  mine AS MATERIALIZED (SELECT e.portal_type_code, e.next_rotation_at, e.id FROM integration_endpoint e WHERE e.org_id = ${orgId} AND e.secret_arn IS NOT NULL)`;

/** What is due by day, from today for so many days; of one portal type where it is named. For `rcm_operator`, `rcm_console`. Fails with `input_invalid`. */
export async function dueByDay(
  db: Database,
  { scope, portalTypeCode, days }: { readonly scope: Seen; readonly portalTypeCode?: string | undefined; readonly days: 7 | 14 | 28 },
): Promise<readonly DueDay[]> {
  const ofPortal = portalTypeCode === undefined ? Prisma.sql`true` : Prisma.sql`e.portal_type_code = ${checkId('portalTypeCode', portalTypeCode)}`;
  const [before, from, stored] = isOne(scope)
    ? [Prisma.sql`WITH ${mine(scope.tenant)}`, Prisma.sql`mine e`, Prisma.sql`true`]
    : [Prisma.sql``, Prisma.sql`integration_endpoint e`, Prisma.sql`e.secret_arn IS NOT NULL`];
  return byIndex(
    db,
    scope,
    (tx) => tx.$queryRaw<DueDay[]>`
      ${before}
      SELECT d.day, (SELECT count(*)::int FROM (
               SELECT FROM ${from} WHERE ${stored} AND ${ofPortal} AND e.next_rotation_at >= d.since AND e.next_rotation_at < d.until LIMIT ${COUNTED_AT_MOST}) s) AS due
        FROM (SELECT t.day, t.day + interval '24 hours' AS until, CASE WHEN n = 0 THEN '-infinity' ELSE t.day END AS since FROM generate_series(0, ${days - 1}::int) n
               CROSS JOIN LATERAL (SELECT (date_trunc('day', now() AT TIME ZONE 'UTC') AT TIME ZONE 'UTC') + n * interval '24 hours' AS day) t) d ORDER BY d.day`,
  );
}

/** Portal types that have stored logins, by code; of one organization those where it has some. For `rcm_operator`, `rcm_console`. */
export async function portalRotations(db: Database, scope: Seen): Promise<readonly PortalRotations[]> {
  const [before, next] = isOne(scope)
    ? [
        Prisma.sql`${mine(scope.tenant)},`,
        Prisma.sql`JOIN (SELECT m.portal_type_code AS code, min(m.next_rotation_at) AS next_rotation_at FROM mine m GROUP BY 1) n ON n.code = p.code`,
      ]
    : [
        Prisma.sql``,
        Prisma.sql`CROSS JOIN LATERAL (SELECT e.next_rotation_at FROM integration_endpoint e WHERE e.portal_type_code = p.code AND e.secret_arn IS NOT NULL
                                        ORDER BY e.next_rotation_at, e.id LIMIT 1) n`,
      ];
  return byIndexSorted(
    db,
    scope,
    (tx) => tx.$queryRaw<PortalRotations[]>`
      WITH ${before} open AS MATERIALIZED (
        SELECT a.portal_type_code AS code, a.state FROM rotation_attempt a WHERE a.ended_at IS NULL ORDER BY a.created_at LIMIT ${OPEN_COUNTED})
      SELECT p.code, p.name, p.rotation_mode AS "rotationMode", p.automation, p.max_concurrency AS "maxConcurrency", n.next_rotation_at AS "nextAt",
             (SELECT count(*)::int FROM open o WHERE o.code = p.code AND o.state NOT IN ('waiting', 'blocked')) AS "underWay"
        FROM portal_type p ${next} ORDER BY p.code LIMIT 1000`,
  );
}

const isOne = (scope: Seen): scope is Extract<Scope, object> => typeof scope === 'object';
