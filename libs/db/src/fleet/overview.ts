import type { Database } from '../database.ts';
import { lastRestore, type Restore } from '../restore/restore.ts';
import type { Scope } from '../scope.ts';

/** What a person asks first: how many there are, and of what is wrong how much. */
export interface FleetOverview {
  readonly organizations: number;
  readonly logins: number;
  readonly failing: number;
  readonly locked: number;
  readonly blocked: number;
  readonly shared: number;
  readonly neverUsed: number;
  /** Not in the store yet. */
  readonly legacy: number;
  readonly dueIn7Days: number;
  /** Due for more than a day. */
  readonly overdue: number;
  readonly rotationsOpen: number;
  readonly leases: number;
  readonly tasksWaiting: number;
  readonly oldestTaskSince: Date | null;
  readonly pauses: number;
  readonly portalsStopped: readonly string[];
  /** What was last said, or noticed, of the database being restored. */
  readonly restore: Restore | null;
}

/** Counts by index; what is counted of all logins is so by one of their keys alone. For `rcm_operator`, `rcm_console`. */
export async function fleetOverview(db: Database, scope: Scope = 'every tenant'): Promise<FleetOverview> {
  return db.transaction(scope, async (tx) => {
    const [counts] = await tx.$queryRaw<Omit<FleetOverview, 'portalsStopped' | 'restore'>[]>`
      SELECT (SELECT count(*)::int FROM organization) AS organizations,
             (SELECT count(*)::int FROM integration_endpoint) AS logins,
             (SELECT count(*)::int FROM login_identity i JOIN integration_endpoint e ON e.login_identity = i.id WHERE i.refused_since IS NOT NULL) AS failing,
             (SELECT count(*)::int FROM login_identity i JOIN integration_endpoint e ON e.login_identity = i.id
               WHERE i.refused_since IS NOT NULL AND rcm_locked_until(i.id) > clock_timestamp()) AS locked,
             (SELECT count(*)::int FROM rotation_attempt a JOIN integration_endpoint e ON e.login_identity = a.login_identity WHERE a.ended_at IS NULL AND a.state = 'blocked') AS blocked,
             (SELECT count(*)::int FROM login_identity i JOIN integration_endpoint e ON e.login_identity = i.id WHERE i.shared) AS shared,
             (SELECT count(*)::int FROM login_identity i WHERE i.first_accepted_at IS NULL AND EXISTS (SELECT FROM integration_endpoint e WHERE e.login_identity = i.id)) AS "neverUsed",
             (SELECT count(*)::int FROM integration_endpoint e WHERE e.has_legacy_credentials) AS legacy,
             (SELECT count(*)::int FROM integration_endpoint e WHERE e.secret_arn IS NOT NULL AND e.next_rotation_at <= now() + interval '7 days') AS "dueIn7Days",
             (SELECT count(*)::int FROM integration_endpoint e WHERE e.secret_arn IS NOT NULL AND e.next_rotation_at <= now() - interval '1 day') AS overdue,
             (SELECT count(*)::int FROM rotation_attempt a WHERE a.ended_at IS NULL) AS "rotationsOpen",
             (SELECT count(*)::int FROM login_lease l WHERE l.expires_at > now()) AS leases,
             (SELECT count(*)::int FROM portal_task t WHERE t.state = 'queued') AS "tasksWaiting",
             (SELECT min(t.created_at) FROM portal_task t WHERE t.state = 'queued') AS "oldestTaskSince",
             (SELECT count(*)::int FROM rotation_pause) AS pauses`;
    const stopped = await tx.$queryRaw<{ code: string }[]>`
      SELECT g.portal_type_code AS code FROM portal_gate g WHERE g.opened_at IS NOT NULL AND g.closed_at IS NULL ORDER BY 1`;
    if (!counts) throw new Error('a statement without a row');
    return { ...counts, portalsStopped: stopped.map(({ code }) => code), restore: await lastRestore(tx) };
  });
}
