import { byIndex } from '../by-index.ts';
import type { Database } from '../database.ts';
import { lockLoginOfAttempt } from '../identity.ts';
import { checkLimit } from '../input.ts';
import { attemptOf, type RotationAttempt } from './attempt.ts';

/** Pause until a blocked attempt is looked at again, in ms. Each look reads its secret; a login is spent only where there is something new to ask. */
export const LOOK_AGAIN_MS = 3_600_000;

/**
 * Blocked attempts that are to be looked at again now, those that wait longest first, and whose login nobody holds. Only those that can be looked at: one whose
 * endpoint names another account by now would stand first for ever.
 */
export async function listBlockedToLookAt(db: Database, { limit }: { readonly limit: number }): Promise<RotationAttempt[]> {
  return byIndex(db, 'every tenant', async (client) => {
    const ids = await client.$queryRaw<{ id: string }[]>`
      SELECT a.id::text FROM rotation_attempt a
        JOIN integration_endpoint e ON e.org_id = a.org_id AND e.id = a.endpoint_id AND e.login_identity = a.login_identity AND e.secret_arn IS NOT NULL
       WHERE a.ended_at IS NULL AND a.state = 'blocked' AND coalesce(a.waiting_until, a.updated_at) <= now()
         AND NOT EXISTS (SELECT 1 FROM login_lease l WHERE l.login_identity = a.login_identity AND l.kind = 'exclusive' AND l.expires_at > clock_timestamp())
       ORDER BY coalesce(a.waiting_until, a.updated_at), a.id LIMIT ${checkLimit(limit)}`;
    const order = new Map(ids.map(({ id }, at) => [id, at]));
    const rows = await client.rotationAttempt.findMany({ where: { id: { in: [...order.keys()] } } });
    return rows.sort((a, b) => (order.get(a.id) ?? 0) - (order.get(b.id) ?? 0)).map(attemptOf);
  });
}

/**
 * Writes down, before it is done, that a blocked attempt is looked at now and when the next time is, so that whoever dies over it is not followed by the
 * next at once. `false`: it is not blocked, its time has not come, or it is not the caller's.
 */
export async function beginLook(
  db: Database,
  { attemptId, orgId, fence }: { readonly attemptId: string; readonly orgId: string; readonly fence: bigint },
): Promise<boolean> {
  return db.rawTransaction({ tenant: orgId }, async (tx) => {
    if (!(await lockLoginOfAttempt(tx, attemptId))) return false;
    const begun = await tx.$executeRaw`
      UPDATE rotation_attempt SET waiting_until = clock_timestamp() + make_interval(secs => ${LOOK_AGAIN_MS}::float8 / 1000)
       WHERE id = ${attemptId}::uuid AND state = 'blocked' AND fence = ${fence} AND coalesce(waiting_until, updated_at) <= clock_timestamp()`;
    return begun === 1;
  });
}
