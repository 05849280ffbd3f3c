import { onlyByIndex } from '../by-index.ts';
import type { Database, Transaction } from '../database.ts';
import { checkLimit, checkMs } from '../input.ts';
import { NO_OLD_READERS } from '../legacy/old-readers.ts';
import { mayProbe } from './probe.ts';
import type { StartRules } from './rules.ts';

/** An endpoint whose rotation the scheduler may send now. */
export interface Startable {
  readonly endpointId: string;
  readonly orgId: string;
  readonly portalTypeCode: string;
  readonly dueSince: Date;
}

export interface StartableQuestion {
  readonly rules: StartRules;
  readonly limit: number;
  /** Ids of endpoints that are not wanted now. Default: none. */
  readonly except?: readonly string[];
}

/**
 * What is due and may start now: per portal type as many as it has room for, the longest due first, and of all types those first that have the fewest
 * under way. A stopped type has room for one probe when its cool-down is over, one without today's canary for one, one whose canary is under way or
 * that is in its maintenance hours for none. What a rotator has taken (`takeStartable`) takes up room, and is not named again. The rules of who
 * may be rotated at all are those of `listDueEndpoints`.
 */
export async function listStartable(db: Database, question: StartableQuestion): Promise<readonly Startable[]> {
  return db.transaction('every tenant', (tx) => startableNow(tx, question));
}

/**
 * `listStartable` in the caller's transaction.
 *
 * A lateral join per portal type: each takes a few rows from the index by type and due date, so neither a million due rows nor a
 * stopped type with many of them holds the others up.
 */
export async function startableNow(tx: Transaction, { rules, limit, except = [] }: StartableQuestion): Promise<readonly Startable[]> {
  const probeMs = checkMs('probeMs', rules.probeMs);
  const lastingMs = checkMs('lastingMs', rules.lastingMs);
  await onlyByIndex(tx);
  return tx.$queryRaw<Startable[]>`
      WITH taken AS (
        SELECT e.portal_type_code, count(*)::int AS n FROM rotation_claim c JOIN integration_endpoint e ON e.id = c.endpoint_id
         WHERE c.claimed_until > clock_timestamp() AND NOT EXISTS (SELECT FROM rotation_attempt a WHERE a.login_identity = e.login_identity AND a.ended_at IS NULL)
         GROUP BY e.portal_type_code
      ), room AS (
        SELECT p.code, coalesce(taken.n, 0) + running.n AS "underWay", -coalesce(taken.n, 0) + CASE
                 WHEN rcm_touches_maintenance(p.maintenance_windows, p.maintenance_time_zone, clock_timestamp(), make_interval(secs => ${lastingMs}::float8 / 1000)) THEN 0
                 WHEN g.opened_at IS NOT NULL AND g.closed_at IS NULL
                   THEN CASE WHEN ${mayProbe(probeMs)} THEN 1 ELSE 0 END
                 WHEN ${rules.canary} AND g.canary_day IS DISTINCT FROM (clock_timestamp() AT TIME ZONE p.maintenance_time_zone)::date THEN least(1, p.max_concurrency - running.n)
                 WHEN ${rules.canary} AND g.canary_state = 'running' THEN 0
                 ELSE p.max_concurrency - running.n END AS n
          FROM portal_type p LEFT JOIN portal_gate g ON g.portal_type_code = p.code LEFT JOIN taken ON taken.portal_type_code = p.code
          CROSS JOIN LATERAL (SELECT count(*)::int AS n FROM rotation_attempt a
                               WHERE a.portal_type_code = p.code AND a.ended_at IS NULL AND a.state NOT IN ('waiting', 'blocked')) running
         WHERE p.rotation_mode = 'automatic' AND p.automation = 'allowed'
           AND NOT EXISTS (SELECT FROM rotation_pause x WHERE (x.portal_type_code IS NULL AND x.endpoint_id IS NULL) OR x.portal_type_code = p.code)
      )
      SELECT d.id AS "endpointId", d.org_id AS "orgId", room.code AS "portalTypeCode", d.next_rotation_at AS "dueSince"
        FROM room CROSS JOIN LATERAL (
          SELECT e.id, e.org_id, e.next_rotation_at, row_number() OVER (ORDER BY e.next_rotation_at, e.id) AS place FROM integration_endpoint e
           WHERE e.portal_type_code = room.code AND e.secret_arn IS NOT NULL AND e.next_rotation_at <= now() AND e.login_identity IS NOT NULL AND e.current_version IS NOT NULL
             AND NOT EXISTS (SELECT FROM rotation_pause x WHERE x.endpoint_id = e.id)
             AND e.id <> ALL (${except}::text[])
             AND NOT EXISTS (SELECT FROM rotation_claim c WHERE c.endpoint_id = e.id AND c.claimed_until > clock_timestamp())
             AND NOT EXISTS (SELECT FROM rotation_attempt a WHERE a.login_identity = e.login_identity AND a.ended_at IS NULL)
             AND NOT EXISTS (SELECT FROM integration_endpoint o WHERE o.login_identity = e.login_identity AND (o.org_id <> e.org_id OR o.secret_arn IS DISTINCT FROM e.secret_arn))
             AND ${NO_OLD_READERS}
             AND NOT EXISTS (SELECT FROM integration_endpoint twin WHERE twin.login_identity = e.login_identity AND twin.next_rotation_at <= now()
                                AND (twin.next_rotation_at, twin.id) < (e.next_rotation_at, e.id))
           ORDER BY e.next_rotation_at, e.id LIMIT greatest(room.n, 0)) d
       ORDER BY room."underWay" + d.place, d.next_rotation_at, d.id LIMIT ${checkLimit(limit)}`;
}
