import { byIndexSorted } from '../by-index.ts';
import type { Database } from '../database.ts';
import { Prisma } from '../generated/client.ts';
import { checkLimit, checkMs } from '../input.ts';
import { KEEP_ALIVE_AT, KEPT_BY_PROGRAM, LAST_LOGIN, LONG_UNUSED, LONG_UNVERIFIED, URGENT_AT, VERIFY_AT } from './lapses.ts';

const IS_LAPSING = Prisma.sql`(p.dormant_after_days IS NOT NULL AND ${KEEP_ALIVE_AT} <= clock_timestamp())`;
const IS_UNVERIFIED = Prisma.sql`(p.verify_every_days IS NOT NULL AND ${VERIFY_AT} <= clock_timestamp())`;

export interface UnusedLogin {
  readonly endpointId: string;
  readonly orgId: string;
}

/**
 * Takes logins that the portal would disable for want of a login, the nearest first, then those that nobody used for as long as their portal type lets a
 * password go unverified, one endpoint of each; whoever takes one keeps others from it for `restMs`. The lowest of priorities: none whose login is in use or
 * being rotated, none at a portal that has rotations due, that is ill, or that is in its maintenance hours; only one that is about to be disabled goes before
 * rotations.
 */
export async function claimUnusedLogins(db: Database, { limit, restMs }: { readonly limit: number; readonly restMs: number }): Promise<readonly UnusedLogin[]> {
  const ms = checkMs('restMs', restMs);
  const due = await byIndexSorted(
    db,
    'every tenant',
    (tx) => tx.$queryRaw<(UnusedLogin & { readonly identity: string })[]>`
      WITH unused AS MATERIALIZED (${LONG_UNUSED} UNION ${LONG_UNVERIFIED})
      SELECT d.id AS "endpointId", d.org_id AS "orgId", d.identity FROM unused u CROSS JOIN LATERAL (
        SELECT i.id AS identity, e.id, e.org_id, ${LAST_LOGIN} AS last, ${IS_LAPSING} AS lapsing
          FROM integration_endpoint e JOIN portal_type p ON p.code = e.portal_type_code JOIN login_identity i ON i.id = e.login_identity
         WHERE e.login_identity = u.id AND ${KEPT_BY_PROGRAM} AND (${IS_LAPSING} OR ${IS_UNVERIFIED})
           AND coalesce(i.keep_alive_after, '-infinity') <= clock_timestamp()
           AND NOT rcm_touches_maintenance(p.maintenance_windows, p.maintenance_time_zone, clock_timestamp(), interval '10 minutes')
           AND NOT EXISTS (SELECT FROM portal_gate g WHERE g.portal_type_code = p.code AND g.opened_at IS NOT NULL AND g.closed_at IS NULL)
           AND NOT EXISTS (SELECT FROM rotation_attempt a WHERE a.login_identity = i.id AND a.ended_at IS NULL)
           AND NOT EXISTS (SELECT FROM login_lease l WHERE l.login_identity = i.id AND l.expires_at > clock_timestamp())
           AND (${URGENT_AT} <= clock_timestamp()
                OR NOT EXISTS (SELECT FROM integration_endpoint d WHERE d.portal_type_code = p.code AND d.secret_arn IS NOT NULL AND d.next_rotation_at <= now()))
         ORDER BY e.id LIMIT 1) d
       ORDER BY d.lapsing DESC, d.last, d.identity LIMIT ${checkLimit(limit)}`,
  );
  const claimed: UnusedLogin[] = [];
  // One by one, as their tenant: of two that see the same login, the second finds it taken.
  for (const { endpointId, orgId, identity } of due) {
    const taken = await db.transaction(
      { tenant: orgId },
      (tx) => tx.$executeRaw`
        UPDATE login_identity SET keep_alive_after = clock_timestamp() + make_interval(secs => ${ms}::float8 / 1000)
         WHERE id = ${identity} AND coalesce(keep_alive_after, '-infinity') <= clock_timestamp()`,
    );
    if (taken > 0) claimed.push({ endpointId, orgId });
  }
  return claimed;
}

/** Whether the portal has seen a login that counts since it would have been due, or nothing is due any more; what was accepted and did not count is put off by `restMs`. */
export async function wasKeptAlive(db: Database, { endpointId, orgId, restMs }: UnusedLogin & { readonly restMs: number }): Promise<boolean> {
  const ms = checkMs('restMs', restMs);
  return db.transaction({ tenant: orgId }, async (tx) => {
    const [row] = await tx.$queryRaw<{ kept: boolean }[]>`
      SELECT NOT ${IS_LAPSING} AND NOT ${IS_UNVERIFIED} AS kept
        FROM integration_endpoint e JOIN portal_type p ON p.code = e.portal_type_code JOIN login_identity i ON i.id = e.login_identity WHERE e.id = ${endpointId}`;
    if (row?.kept) return true;
    await tx.$executeRaw`
      UPDATE login_identity i SET keep_alive_after = clock_timestamp() + make_interval(secs => ${ms}::float8 / 1000)
        FROM integration_endpoint e WHERE e.id = ${endpointId} AND i.id = e.login_identity`;
    return false;
  });
}
