import type { Database } from '@rcm/db';
import { type ClaimedNotice, claimNotices, noticeDelivered, noticeFailed, noticesReturned } from '@rcm/db/notifications';
import { isRcmError, type Logger } from '@rcm/telemetry';
import type { NoticeChannel } from './channel.ts';
import { noticeText } from './wording.ts';

export interface DeliveryOptions {
  readonly db: Database;
  readonly logger: Logger;
  readonly channels: readonly NoticeChannel[];
  /** For one channel to take one notice, in ms. */
  readonly deadlineMs: number;
  /** Tries per notice and channel. */
  readonly maxTries: number;
  readonly signal: AbortSignal;
}

const AT_ONCE = 20;
const PAUSE_MS = { least: 5_000, most: 3_600_000 } as const;
/** What a new channel is not bothered with. */
const NEWEST_MS = 7 * 86_400_000;

/**
 * Sends what the outbox holds, each notice to each channel at least once, over all rotators and restarts: a claim keeps two from sending
 * the same one, and runs out if its holder dies. A channel that fails is tried again after 5 s, 10 s, … 1 h; it holds no other up.
 */
export async function deliverNotices(options: DeliveryOptions): Promise<void> {
  await Promise.all(options.channels.map((channel) => deliverTo(channel, options)));
}

async function deliverTo(channel: NoticeChannel, options: DeliveryOptions): Promise<void> {
  const claimed = await claimNotices(options.db, { channel: channel.name, claimMs: options.deadlineMs * (AT_ONCE + 1), newestMs: NEWEST_MS, limit: AT_ONCE });
  for (const [place, notice] of claimed.entries()) {
    if (await sendOne(channel, notice, options)) continue;
    // An ill channel costs one deadline a round and one notice one try: the other channels, and the rest of its notices, lose nothing.
    const noticeIds = claimed.slice(options.signal.aborted ? place : place + 1).map(({ id }) => id);
    return noticesReturned(options.db, { channel: channel.name, noticeIds });
  }
}

/** Whether the channel took it. What was interrupted from outside is no failure of the channel. */
async function sendOne(channel: NoticeChannel, notice: ClaimedNotice, options: DeliveryOptions): Promise<boolean> {
  const { db, logger, deadlineMs, maxTries, signal } = options;
  if (signal.aborted) return false;
  try {
    await channel.send({ notice, text: noticeText(notice) }, AbortSignal.any([signal, AbortSignal.timeout(deadlineMs)]));
  } catch (error) {
    if (signal.aborted) return false;
    const reason = isRcmError(error) ? error.message : 'an unexpected error';
    const isLast = notice.tries + 1 >= maxTries;
    const retryMs = isLast ? null : Math.min(PAUSE_MS.least * 2 ** notice.tries, PAUSE_MS.most);
    logger[isLast ? 'error' : 'warn'](
      { channel: channel.name, noticeId: notice.id, reason, retryMs },
      isLast ? 'a notice could not be sent and is given up' : 'a notice could not be sent yet',
    );
    await noticeFailed(db, { noticeId: notice.id, channel: channel.name, error: reason, retryMs });
    return false;
  }
  await noticeDelivered(db, { noticeId: notice.id, channel: channel.name });
  return true;
}
