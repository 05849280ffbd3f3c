import { byIndex } from '../by-index.ts';
import type { Database } from '../database.ts';
import { Prisma } from '../generated/client.ts';
import type { BreakerRules } from '../admission/breaker.ts';
import { checkMs } from '../input.ts';
import { IS_LATE } from './late.ts';

/** How many of what, of all organizations together: what processes measure of the books. */
export interface FleetFigures {
  /** The password was called bad, and cools down now. */
  readonly knownBad: number;
  readonly locked: number;
  /** The rotation has been due for more than a day, however often it was put off or tried in vain since; not where programs are forbidden. */
  readonly overdue: number;
  /** The portal lets the password expire within three days, or has; not where programs are forbidden. */
  readonly expiring: number;
  readonly rotationsBlocked: number;
  readonly rotationsOpen: number;
  readonly portalsStopped: number;
  /** Many of their logins are refused with what had worked, now or when they were stopped for it. */
  readonly portalsRefusing: number;
}

/** Logins that are refused, overdue or, of each portal type, expiring are counted up to so many: more say nothing new, and of 10,000 all endpoints were read. */
const MOST = 1_000;

/** Where the terms forbid programs, nothing is done and nobody is reminded: it would be late for ever. For a table `p`. */
const IS_ANYBODYS = Prisma.sql`p.automation IS DISTINCT FROM 'forbidden'`;

/** By index, and a number for each: no row is shown. For `rcm_rotator`. */
export async function fleetFigures(db: Database, rules: Pick<BreakerRules, 'windowMs' | 'suspects'>): Promise<FleetFigures> {
  const windowMs = checkMs('windowMs', rules.windowMs);
  return byIndex(db, 'every tenant', async (tx) => {
    const [figures] = await tx.$queryRaw<FleetFigures[]>`
      WITH refused AS MATERIALIZED (
        SELECT i.id, i.refused_since FROM login_identity i
         WHERE i.refused_since IS NOT NULL AND EXISTS (SELECT FROM integration_endpoint e WHERE e.login_identity = i.id) ORDER BY i.refused_since, i.id LIMIT ${MOST}
      )
      SELECT (SELECT count(*)::int FROM refused r WHERE EXISTS (
                SELECT FROM login_attempt a WHERE a.login_identity = r.id AND a.effect = 'bad' AND a.rests_until > now() AND a.started_at >= r.refused_since
                   AND NOT EXISTS (SELECT FROM login_clearance c WHERE c.login_identity = r.id AND c.at > a.started_at))) AS "knownBad",
             rcm_locked_count(ARRAY(SELECT r.id FROM refused r)) AS locked,
             (SELECT count(*)::int FROM (
                SELECT FROM portal_type p CROSS JOIN LATERAL (
                  SELECT FROM integration_endpoint e WHERE e.portal_type_code = p.code AND ${IS_LATE}
                   ORDER BY e.next_rotation_at LIMIT ${MOST}) o
                 WHERE ${IS_ANYBODYS} LIMIT ${MOST}) late) AS overdue,
             (SELECT count(*)::int FROM portal_type p CROSS JOIN LATERAL (
                SELECT FROM integration_endpoint e WHERE e.portal_type_code = p.code AND e.secret_arn IS NOT NULL
                   AND e.last_rotated_at <= now() + interval '3 days' - make_interval(hours => 24 * p.password_expires_days)
                 ORDER BY e.last_rotated_at LIMIT ${MOST}) x
               WHERE p.password_expires_days IS NOT NULL AND ${IS_ANYBODYS}) AS expiring,
             (SELECT count(*)::int FROM rotation_attempt a WHERE a.ended_at IS NULL AND a.state = 'blocked') AS "rotationsBlocked",
             (SELECT count(*)::int FROM rotation_attempt a WHERE a.ended_at IS NULL) AS "rotationsOpen",
             (SELECT count(*)::int FROM portal_gate g WHERE g.opened_at IS NOT NULL AND g.closed_at IS NULL) AS "portalsStopped",
             (SELECT count(*)::int FROM (
                SELECT p.code FROM portal_type p CROSS JOIN LATERAL rcm_refused_lately(p.code, NULL, now() - make_interval(secs => ${windowMs}::float8 / 1000)) l
                 WHERE l.refused >= rcm_many_refused(l.active, ${rules.suspects}::int)
                 UNION
                SELECT g.portal_type_code FROM portal_gate g WHERE g.opened_at > now() - interval '12 hours' AND g.closed_at IS NULL AND g.cause = 'logins_suspect') refusing) AS "portalsRefusing"`;
    if (!figures) throw new Error('a statement without a row');
    return figures;
  });
}
