import type { IncomingHttpHeaders } from 'node:http';
import { timingSafeEqual } from 'node:crypto';

/** A text message or a mail, as a gateway hands it on. It is looked through and forgotten. */
export interface InboundMessage {
  /** What the gateway calls it; of two deliveries of one message the same. */
  readonly id: string;
  readonly from: string;
  readonly to: string;
  readonly text: string;
  /** When it was sent, where the gateway says so and has signed it. */
  readonly sentAt: Date | null;
}

/** `forged`: the gateway did not sign it so. `late`: it did, too long ago. `unreadable`: it did, and it is no message. */
export type Reading = InboundMessage | 'forged' | 'late' | 'unreadable';

export interface Delivery {
  readonly headers: IncomingHttpHeaders;
  /** As it came: nothing of it is looked at before its signature is. */
  readonly body: Buffer;
  readonly now: Date;
}

/** A provider that hands on messages, by a webhook that it signs. */
export interface Gateway {
  readonly contentType: string;
  /** What it is answered when a message was taken, whatever became of it. */
  readonly thanks: { readonly type: string; readonly body: string };
  read(delivery: Delivery): Reading;
}

/** Longer ones are no message's. In characters. */
export const LONGEST = { id: 200, address: 254, text: 20_000 } as const;

/** In constant time, of texts of one length. */
export function isSame(expected: string, given: string): boolean {
  const [one, other] = [Buffer.from(expected, 'utf8'), Buffer.from(given, 'utf8')];
  return one.length === other.length && timingSafeEqual(one, other);
}
