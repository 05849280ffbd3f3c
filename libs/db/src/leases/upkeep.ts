import { byIndex } from '../by-index.ts';
import type { Database } from '../database.ts';
import { COUNTED_AT_MOST } from '../fleet/overview.ts';
import { Prisma } from '../generated/client.ts';
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
  const rows = await db.rawTransaction(
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
  await db.rawTransaction({ tenant: orgId }, (tx) => tx.$executeRaw`DELETE FROM login_lease WHERE id = ${leaseId}::uuid`);
}

/** A lease that lives, and whose it is. */
export interface LiveLease extends Omit<Lease, 'currentVersion' | 'secretArn'> {
  readonly holder: string;
  readonly acquiredAt: Date;
  readonly endpointId: string;
  readonly orgId: string;
}

const HELD = Prisma.sql`
  l.id::text, l.login_identity AS "loginIdentity", l.kind, l.fence, l.expires_at AS "expiresAt", l.holder, l.acquired_at AS "acquiredAt", l.endpoint_id AS "endpointId",
  l.org_id AS "orgId"`;

/** Leases that live now, in the order in which they were given; COUNTED_AT_MOST at most. For reports. */
export async function listLeases(db: Database): Promise<readonly LiveLease[]> {
  return byIndex(
    db,
    'every tenant',
    (tx) => tx.$queryRaw<LiveLease[]>`SELECT ${HELD} FROM login_lease l WHERE l.expires_at > now() ORDER BY l.fence LIMIT ${COUNTED_AT_MOST}`,
  );
}

/** Who changes a login now, whichever organization's; `null`: nobody does. For reports. */
export async function findExclusiveLease(db: Database, { loginIdentity }: { readonly loginIdentity: string }): Promise<LiveLease | null> {
  const [held] = await byIndex(
    db,
    'every tenant',
    (tx) =>
      tx.$queryRaw<LiveLease[]>`SELECT ${HELD} FROM login_lease l WHERE l.login_identity = ${loginIdentity} AND l.kind = 'exclusive' AND l.expires_at > now()`,
  );
  return held ?? null;
}
