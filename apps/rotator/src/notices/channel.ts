import type { Notice } from '@rcm/db/notifications';
import type { NoticeText } from './notice-text.ts';

export interface OutgoingNotice {
  readonly notice: Notice;
  readonly text: NoticeText;
}

/** One way to tell people. */
export interface NoticeChannel {
  /** Stable: the outbox remembers by it what this channel has carried. */
  readonly name: string;
  /** Resolves once the channel has taken the notice; a second time is harmless. Rejects with an RcmError whose message may be shown. */
  send(outgoing: OutgoingNotice, signal: AbortSignal): Promise<void>;
}
