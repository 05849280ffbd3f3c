import { byIndex } from '../by-index.ts';
import type { Database } from '../database.ts';
import { checkLimit, checkMs } from '../input.ts';

/**
 * Removes notifications older than `keptMs` with what the channels did with them, `limit` at most; returns how many. One whose rotation is still
 * open stays: its key keeps the same thing from being told again.
 */
export async function pruneNotifications(db: Database, { keptMs, limit }: { readonly keptMs: number; readonly limit: number }): Promise<number> {
  const ms = checkMs('keptMs', keptMs, 1);
  return byIndex(db, 'every tenant', async (tx) => {
    const old = await tx.$queryRaw<{ id: string }[]>`
      SELECT n.id::text FROM notice n WHERE n.created_at < now() - make_interval(secs => ${ms}::float8 / 1000)
         AND NOT EXISTS (SELECT FROM rotation_attempt a WHERE a.id = n.attempt_id AND a.ended_at IS NULL)
       ORDER BY n.created_at LIMIT ${checkLimit(limit)}`;
    const ids = old.map(({ id }) => id);
    await tx.notificationDelivery.deleteMany({ where: { notificationId: { in: ids } } });
    return (await tx.notification.deleteMany({ where: { id: { in: ids } } })).count;
  });
}
