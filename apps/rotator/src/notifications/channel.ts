import type { Notification } from '@rcm/db/notifications';
import type { NotificationText } from './notification-text.ts';

export interface OutgoingNotification {
  readonly notification: Notification;
  readonly text: NotificationText;
}

/** One way to tell people. */
export interface NotificationChannel {
  /** Stable: the outbox remembers by it what this channel has carried. */
  readonly name: string;
  /** Resolves once the channel has taken the notification; a second time is harmless. Rejects with an RcmError whose message may be shown. */
  send(outgoing: OutgoingNotification, signal: AbortSignal): Promise<void>;
}
