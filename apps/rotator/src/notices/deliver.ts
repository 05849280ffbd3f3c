import { claimNotices, type Database, noticeDelivered, noticeFailed } from '@rcm/db';
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
  const { db, logger, deadlineMs, maxTries, signal } = options;
  const claimed = await claimNotices(db, { channel: channel.name, claimMs: deadlineMs * (AT_ONCE + 1), newestMs: NEWEST_MS, limit: AT_ONCE });
  for (const notice of claimed) {
    if (signal.aborted) return;
    const outgoing = { notice, text: noticeText(notice) };
    try {
      await channel.send(outgoing, AbortSignal.any([signal, AbortSignal.timeout(deadlineMs)]));
    } catch (error) {
      const reason = isRcmError(error) ? error.message : 'an unexpected error';
      const isLast = notice.tries + 1 >= maxTries;
      const retryMs = isLast ? null : Math.min(PAUSE_MS.least * 2 ** notice.tries, PAUSE_MS.most);
      logger[isLast ? 'error' : 'warn'](
        { channel: channel.name, noticeId: notice.id, reason, retryMs },
        isLast ? 'a notice could not be sent and is given up' : 'a notice could not be sent yet',
      );
      await noticeFailed(db, { noticeId: notice.id, channel: channel.name, error: reason, retryMs });
      continue;
    }
    await noticeDelivered(db, { noticeId: notice.id, channel: channel.name });
  }
}
