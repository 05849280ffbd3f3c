import type { Database } from '@rcm/db';
import { type ClaimedNotification, claimNotifications, notificationDelivered, notificationFailed, notificationsReturned } from '@rcm/db/notifications';
import { isRcmError, type Logger } from '@rcm/telemetry';
import type { NotificationChannel } from './channel.ts';
import { notificationText } from './wording.ts';

export interface DeliveryOptions {
  readonly db: Database;
  readonly logger: Logger;
  readonly channels: readonly NotificationChannel[];
  /** For one channel to take one notification, in ms. */
  readonly deadlineMs: number;
  /** Tries per notification and channel. */
  readonly maxTries: number;
  readonly signal: AbortSignal;
}

const AT_ONCE = 20;
const PAUSE_MS = { least: 5_000, most: 3_600_000 } as const;
/** What a new channel is not bothered with. */
const NEWEST_MS = 7 * 86_400_000;

/**
 * Sends what the outbox holds, each notification to each channel at least once, over all rotators and restarts: a claim keeps two from sending
 * the same one, and runs out if its holder dies. A channel that fails is tried again after 5 s, 10 s, … 1 h; it holds no other up.
 */
export async function deliverNotifications(options: DeliveryOptions): Promise<void> {
  await Promise.all(options.channels.map((channel) => deliverTo(channel, options)));
}

async function deliverTo(channel: NotificationChannel, options: DeliveryOptions): Promise<void> {
  const claimed = await claimNotifications(options.db, {
    channel: channel.name,
    claimMs: options.deadlineMs * (AT_ONCE + 1),
    newestMs: NEWEST_MS,
    limit: AT_ONCE,
  });
  for (const [place, notification] of claimed.entries()) {
    if (await sendOne(channel, notification, options)) continue;
    // A failing channel costs one deadline a round and one notification one try: the other channels, and the rest of its notifications, lose nothing.
    const notificationIds = claimed.slice(options.signal.aborted ? place : place + 1).map(({ id }) => id);
    return notificationsReturned(options.db, { channel: channel.name, notificationIds });
  }
}

/** Whether the channel took it. What was interrupted from outside is no failure of the channel. */
async function sendOne(channel: NotificationChannel, notification: ClaimedNotification, options: DeliveryOptions): Promise<boolean> {
  const { db, logger, deadlineMs, maxTries, signal } = options;
  if (signal.aborted) return false;
  try {
    await channel.send({ notification, text: notificationText(notification) }, AbortSignal.any([signal, AbortSignal.timeout(deadlineMs)]));
  } catch (error) {
    if (signal.aborted) return false;
    const reason = isRcmError(error) ? error.message : 'an unexpected error';
    const isLast = notification.tries + 1 >= maxTries;
    const retryMs = isLast ? null : Math.min(PAUSE_MS.least * 2 ** notification.tries, PAUSE_MS.most);
    logger[isLast ? 'error' : 'warn'](
      { channel: channel.name, noticeId: notification.id, reason, retryMs },
      isLast ? 'a notification could not be sent and is given up' : 'a notification could not be sent yet',
    );
    await notificationFailed(db, { notificationId: notification.id, channel: channel.name, error: reason, retryMs });
    return false;
  }
  await notificationDelivered(db, { notificationId: notification.id, channel: channel.name });
  return true;
}
