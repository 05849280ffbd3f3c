import type { Database } from '../database.ts';
import { checkLimit, checkUuid } from '../input.ts';
import { attemptOf, type RotationAttempt } from './attempt.ts';

/** An attempt leaves its copy for so long: the portal may yet turn out to have made its change. */
const KEPT_DAYS = 30;
/**
 * Secrets Manager allows 20 labels a secret, and three are its own: of more copies than this of one secret some go early, those that
 * never went to a portal first, then the oldest. The other stores have no such limit.
 */
const KEPT_COPIES = 12;

/**
 * Abandoned attempts whose staged copy may go from the store: a month old, or more than their store has room for. In no order, so that
 * those which cannot be removed, of a tenant that has left for one, hold up no other.
 */
export async function listCopiesToRemove(db: Database, { limit }: { readonly limit: number }): Promise<RotationAttempt[]> {
  return db.transaction('every tenant', async (tx) => {
    const ids = await tx.$queryRaw<{ id: string }[]>`
      SELECT id::text FROM (
        SELECT a.id, a.ended_at, a.secret_arn LIKE 'arn:%:secretsmanager:%' AS is_limited,
               row_number() OVER (PARTITION BY a.org_id, a.secret_arn ORDER BY a.submit_deadline_at IS NOT NULL DESC, a.ended_at DESC) AS place
          FROM rotation_attempt a WHERE a.state = 'abandoned' AND a.copy_removed_at IS NULL) left_behind
       WHERE ended_at < clock_timestamp() - make_interval(days => ${KEPT_DAYS}::int) OR (is_limited AND place > ${KEPT_COPIES}::int)
       ORDER BY random() LIMIT ${checkLimit(limit)}`;
    const rows = await tx.rotationAttempt.findMany({ where: { id: { in: ids.map(({ id }) => id) } } });
    return rows.map(attemptOf);
  });
}

/** Notes that the copy is gone; safe to repeat. */
export async function noteCopyRemoved(db: Database, { attemptId, orgId }: { readonly attemptId: string; readonly orgId: string }): Promise<void> {
  checkUuid('attemptId', attemptId);
  await db.transaction(
    { tenant: orgId },
    (tx) => tx.$executeRaw`UPDATE rotation_attempt SET copy_removed_at = clock_timestamp() WHERE id = ${attemptId}::uuid AND copy_removed_at IS NULL`,
  );
}
