import { byIndex } from '../by-index.ts';
import type { Database, Transaction } from '../database.ts';
import { Prisma } from '../generated/client.ts';
import { checkLimit, checkUuid, checkPlaceTime } from '../input.ts';
import type { Scope } from '../scope.ts';
import type { Notification } from './notification.ts';

type Seen = Exclude<Scope, 'no tenant'>;

/** What one channel has done with one notification. */
export interface Delivery {
  readonly channel: string;
  /** `failing`: it has not taken it yet and is tried again; `given up`: nobody tries any more. */
  readonly state: 'delivered' | 'waiting' | 'failing' | 'given up';
  /** When it was delivered or given up; of another, before when it is not tried. */
  readonly at: Date;
  readonly tries: number;
  /** In the channel's own words, which hold no secret. */
  readonly error: string | null;
}
export interface ToldNotification extends Omit<Notification, 'attemptId'> {
  /** By the channels' names; empty: no rotator has come to it yet. */
  readonly deliveries: readonly Delivery[];
}

/** Behind the last notification of a page; `at` as Postgres wrote it. */
export interface NotificationPlace {
  readonly at: string;
  readonly id: string;
}

/** How one channel does with the notifications that were told last. */
export interface ChannelFigures {
  readonly channel: string;
  readonly lastDeliveredAt: Date | null;
  readonly delivered: number;
  readonly open: number;
  readonly givenUp: number;
  /** Of the newest that it did not take; `null`: it took all. */
  readonly lastError: string | null;
}

/** What `channelFigures` counts over. */
export const NOTIFICATIONS_COUNTED = 200;

/** By an index of its own, of one organization and of all. */
const newest = (scope: Seen, after: NotificationPlace | null, limit: number): Prisma.Sql => Prisma.sql`
  SELECT n.* FROM notice n
   WHERE ${typeof scope === 'object' ? Prisma.sql`n.org_id = ${scope.tenant}` : Prisma.sql`true`}
     AND ${after === null ? Prisma.sql`true` : Prisma.sql`(n.created_at, n.id) < (${after.at}::timestamptz, ${after.id}::uuid)`}
   ORDER BY n.created_at DESC, n.id DESC LIMIT ${limit}`;

/**
 * One page of what people were told, the newest first, with whom it has reached: an organization's, or everybody's, with what is of none. For `rcm_console`. Fails with
 * `input_invalid`.
 */
export async function listTold(
  db: Database,
  { scope, after = null, limit }: { readonly scope: Seen; readonly after?: NotificationPlace | null; readonly limit: number },
): Promise<{ readonly notifications: readonly ToldNotification[]; readonly next: NotificationPlace | null }> {
  if (after) checkPlaceTime(after.at);
  if (after) checkUuid('place', after.id);
  const most = checkLimit(limit);
  return byIndex(db, scope, async (tx) => {
    const rows = await tx.$queryRaw<(Omit<ToldNotification, 'deliveries'> & { readonly place: string })[]>`
      SELECT n.id::text, n.kind, n.org_id AS "orgId", n.endpoint_id AS "endpointId", n.portal_type_code AS "portalTypeCode", n.detail, n.created_at AS "createdAt", n.ended_at AS "endedAt",
             n.created_at::text AS place FROM (${newest(scope, after, most + 1)}) n`;
    const page = rows.slice(0, most);
    const last = page.at(-1);
    const deliveries = await deliveriesOf(tx, page);
    const notifications = page.map(({ place: _place, ...notification }) => ({
      ...notification,
      deliveries: deliveries.filter(({ notificationId }) => notificationId === notification.id),
    }));
    return { notifications, next: rows.length > most && last ? { at: last.place, id: last.id } : null };
  });
}

const deliveriesOf = (tx: Transaction, notifications: readonly { readonly id: string }[]) =>
  tx.$queryRaw<(Delivery & { readonly notificationId: string })[]>`
    SELECT n.id::text AS "notificationId", d.channel, d.tries, d.last_error AS error, coalesce(d.delivered_at, d.given_up_at, d.not_before) AS at,
           CASE WHEN d.delivered_at IS NOT NULL THEN 'delivered' WHEN d.given_up_at IS NOT NULL THEN 'given up' WHEN d.last_error IS NOT NULL THEN 'failing' ELSE 'waiting' END AS state
      FROM unnest(${notifications.map(({ id }) => id)}::uuid[]) n (id) CROSS JOIN LATERAL (
        SELECT x.* FROM notice_delivery x WHERE x.notice_id = n.id ORDER BY x.channel OFFSET 0) d`;

/** How each channel that had a part in the last NOTIFICATIONS_COUNTED notifications does with them, by its name. For `rcm_console`. */
export const channelFigures = (db: Database, scope: Seen): Promise<readonly ChannelFigures[]> =>
  byIndex(
    db,
    scope,
    (tx) => tx.$queryRaw<ChannelFigures[]>`
      SELECT d.channel, max(d.delivered_at) AS "lastDeliveredAt", count(d.delivered_at)::int AS delivered, count(d.given_up_at)::int AS "givenUp",
             count(*) FILTER (WHERE d.delivered_at IS NULL AND d.given_up_at IS NULL)::int AS open,
             (array_agg(d.last_error ORDER BY n.created_at DESC) FILTER (WHERE d.delivered_at IS NULL AND d.last_error IS NOT NULL))[1] AS "lastError"
        FROM (${newest(scope, null, NOTIFICATIONS_COUNTED)}) n CROSS JOIN LATERAL (SELECT x.* FROM notice_delivery x WHERE x.notice_id = n.id OFFSET 0) d
       GROUP BY d.channel ORDER BY d.channel`,
  );
