import { byIndex } from '../by-index.ts';
import type { Database } from '../database.ts';
import { Prisma } from '../generated/client.ts';
import { checkLimit, checkMs } from '../input.ts';
import type { Notification } from './notification.ts';

export interface ClaimOptions {
  readonly channel: string;
  /** How long the claim holds, in ms: longer than the channel's own deadline. A sender that dies gives it back by that. */
  readonly claimMs: number;
  /** Notifications older than this are not sent to a channel that never had them, in ms: a new channel gets no flood. */
  readonly newestMs: number;
  readonly limit: number;
}

/** A notification in the hands of one sender. */
export interface ClaimedNotification extends Notification {
  /** Tries before this one. */
  readonly tries: number;
}

/** How much later than its own moment a notification may be there to be seen, in seconds: a transaction ends within half a minute. */
const LATE_S = 600;

const oldest = (newestMs: number): Prisma.Sql => Prisma.sql`now() - make_interval(secs => ${newestMs}::float8 / 1000)`;

/**
 * When the newest notification was written that the channel has taken: they are taken from the oldest on, so all before it were, and none of them is asked again. No later than now:
 * a server whose clock was ahead may have written it, and another has taken its place.
 */
const taken = (channel: string, newestMs: number): Prisma.Sql => Prisma.sql`
  least(now(), coalesce((SELECT t.created_at FROM notice t
             WHERE t.created_at > ${oldest(newestMs)} AND EXISTS (SELECT FROM notice_delivery d WHERE d.notice_id = t.id AND d.channel = ${channel})
             ORDER BY t.created_at DESC LIMIT 1), '-infinity'))`;

/**
 * Takes notifications that this channel has not carried yet, the oldest first; nobody else gets them until the claim runs out. At least
 * once: a sender that dies between sending and `notificationDelivered` sends again.
 */
export async function claimNotifications(db: Database, options: ClaimOptions): Promise<readonly ClaimedNotification[]> {
  const claimMs = checkMs('claimMs', options.claimMs, 1);
  const newestMs = checkMs('newestMs', options.newestMs, 1);
  const { channel } = options;
  return byIndex(db, 'every tenant', async (tx) => {
    // LATERAL: as a condition of the statement itself, the bound would be asked of each notification.
    await tx.$executeRaw`
      INSERT INTO notice_delivery (notice_id, channel, not_before)
      SELECT f.id, ${channel}, now() FROM (SELECT greatest(${oldest(newestMs)}, ${taken(channel, newestMs)} - make_interval(secs => ${LATE_S}::float8)) AS at OFFSET 0) since CROSS JOIN LATERAL (
        SELECT n.id FROM notice n WHERE n.created_at > since.at AND NOT EXISTS (SELECT FROM notice_delivery d WHERE d.notice_id = n.id AND d.channel = ${channel})
         ORDER BY n.created_at LIMIT ${checkLimit(options.limit)}) f ON CONFLICT DO NOTHING`;
    const rows = await tx.$queryRaw<{ id: string; tries: number; seconds: number }[]>`
      UPDATE notice_delivery d SET tries = d.tries + 1, not_before = clock_timestamp() + make_interval(secs => ${claimMs}::float8 / 1000)
       WHERE (d.notice_id, d.channel) IN (
               SELECT w.notice_id, w.channel FROM notice_delivery w
                WHERE w.channel = ${channel} AND w.delivered_at IS NULL AND w.given_up_at IS NULL AND w.not_before <= now()
                ORDER BY w.not_before LIMIT ${checkLimit(options.limit)} FOR UPDATE SKIP LOCKED)
      RETURNING d.notice_id::text AS id, d.tries - 1 AS tries, (SELECT extract(epoch FROM n.created_at)::float8 FROM notice n WHERE n.id = d.notice_id) AS seconds`;
    // Put in order here: asked for in an order, they would be sought among all notifications, in that order.
    const notifications = new Map(
      (await tx.notification.findMany({ where: { id: { in: rows.map(({ id }) => id) } } })).map((row) => [row.id, notificationOf(row)]),
    );
    return rows
      .sort((a, b) => a.seconds - b.seconds)
      .flatMap(({ id, tries }) => {
        const notification = notifications.get(id);
        return notification ? [{ ...notification, tries }] : [];
      });
  });
}

/** The channel took it. Safe to repeat. */
export async function notificationDelivered(
  db: Database,
  { notificationId, channel }: { readonly notificationId: string; readonly channel: string },
): Promise<void> {
  await db.transaction(
    'no tenant',
    (tx) =>
      tx.$executeRaw`UPDATE notice_delivery SET delivered_at = clock_timestamp(), last_error = NULL WHERE notice_id = ${notificationId}::uuid AND channel = ${channel}`,
  );
}

/** Nobody tried to send them: they are free at once, and the claim was no try. */
export async function notificationsReturned(
  db: Database,
  { notificationIds, channel }: { readonly notificationIds: readonly string[]; readonly channel: string },
): Promise<void> {
  if (notificationIds.length === 0) return;
  await db.transaction(
    'no tenant',
    (tx) => tx.$executeRaw`
      UPDATE notice_delivery SET tries = greatest(tries - 1, 0), not_before = clock_timestamp()
       WHERE notice_id = ANY (${[...notificationIds]}::uuid[]) AND channel = ${channel} AND delivered_at IS NULL`,
  );
}

/** The channel did not take it: again after `retryMs`, or never where that is `null`. `error`: in words that hold no secret. */
export async function notificationFailed(
  db: Database,
  failed: { readonly notificationId: string; readonly channel: string; readonly error: string; readonly retryMs: number | null },
): Promise<void> {
  const retryMs = failed.retryMs === null ? null : checkMs('retryMs', failed.retryMs);
  await db.transaction(
    'no tenant',
    (tx) => tx.$executeRaw`
      UPDATE notice_delivery SET last_error = ${failed.error}, given_up_at = CASE WHEN ${retryMs}::float8 IS NULL THEN clock_timestamp() END,
             not_before = clock_timestamp() + make_interval(secs => coalesce(${retryMs}::float8, 0) / 1000)
       WHERE notice_id = ${failed.notificationId}::uuid AND channel = ${failed.channel} AND delivered_at IS NULL`,
  );
}

/** The newest notifications first. */
export async function listNotifications(db: Database, { limit }: { readonly limit: number }): Promise<readonly Notification[]> {
  const rows = await byIndex(db, 'every tenant', (tx) => tx.notification.findMany({ orderBy: { createdAt: 'desc' }, take: checkLimit(limit) }));
  return rows.map(notificationOf);
}

/** A CHECK of the schema makes the cast true. */
function notificationOf(row: Omit<Notification, 'kind'> & { readonly kind: string }): Notification {
  const { id, kind, orgId, endpointId, portalTypeCode, attemptId, detail, createdAt, endedAt } = row;
  return { id, kind: kind as Notification['kind'], orgId, endpointId, portalTypeCode, attemptId, detail, createdAt, endedAt };
}
