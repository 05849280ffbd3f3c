import type { Database } from '../database.ts';
import { checkMs, checkUuid } from '../input.ts';
import type { Lease } from './lease.ts';

/**
 * Lets a lease live `ttlMs` longer from now; returns the new expiry, or `null`: it had expired, the lease is lost and the holder
 * must stop. One statement on one row, and an expired row is never revived, so no lock of the identity is needed: whoever grants
 * under that lock deletes expired rows first, and of a delete and an update of one row the later sees the earlier.
 */
export async function renewLease(
  db: Database,
  { leaseId, orgId, ttlMs }: { readonly leaseId: string; readonly orgId: string; readonly ttlMs: number },
): Promise<Date | null> {
  checkUuid('leaseId', leaseId);
  const ms = checkMs('ttlMs', ttlMs, 100);
  const rows = await db.transaction(
    { tenant: orgId },
    (tx) => tx.$queryRaw<{ expiresAt: Date }[]>`
      UPDATE login_lease SET expires_at = greatest(expires_at, clock_timestamp() + make_interval(secs => ${ms}::float8 / 1000))
       WHERE id = ${leaseId}::uuid AND expires_at > clock_timestamp()
      RETURNING expires_at AS "expiresAt"`,
  );
  return rows[0]?.expiresAt ?? null;
}

/** Gives a lease back. Safe to repeat, and on one that has expired. */
export async function releaseLease(db: Database, { leaseId, orgId }: { readonly leaseId: string; readonly orgId: string }): Promise<void> {
  checkUuid('leaseId', leaseId);
  await db.transaction({ tenant: orgId }, (tx) => tx.loginLease.deleteMany({ where: { id: leaseId } }));
}

export interface HeldLease extends Lease {
  readonly holder: string;
  readonly acquiredAt: Date;
  readonly endpointId: string;
  readonly orgId: string;
}

/** Leases that live now, the oldest first; 1000 at most. For reports. */
export async function listLeases(db: Database): Promise<HeldLease[]> {
  return db.transaction(
    'every tenant',
    (tx) => tx.$queryRaw<HeldLease[]>`
      SELECT l.id::text, l.login_identity AS "loginIdentity", l.kind, l.fence, l.expires_at AS "expiresAt", l.holder, l.acquired_at AS "acquiredAt",
             l.endpoint_id AS "endpointId", l.org_id AS "orgId", e.current_version AS "currentVersion", e.secret_arn AS "secretArn"
        FROM (SELECT * FROM login_lease h WHERE h.expires_at > now() ORDER BY h.acquired_at, h.id LIMIT 1000) l JOIN integration_endpoint e ON e.id = l.endpoint_id
       ORDER BY l.acquired_at, l.id`,
  );
}
