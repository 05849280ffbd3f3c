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

/** A gateway asks whether it is to hand messages on, or says that it no longer does. A person answers that. */
export interface Confirmation {
  readonly confirms: 'subscription' | 'end';
  /** What is subscribed. */
  readonly of: string;
  /** What says yes, or takes the end back: of no use to whoever has no rights at the gateway's, and never used by itself. */
  readonly by: string;
}

/**
 * `forged`: the gateway did not sign it so. `late`: it did, too long ago. `unreadable`: it did, and it is no message. `unchecked`: what it is checked by cannot be had now, so the gateway is to
 * send it again.
 */
export type Refusal = 'forged' | 'late' | 'unreadable' | 'unchecked';
type Reading = InboundMessage | Confirmation | Refusal;

interface Delivery {
  readonly headers: IncomingHttpHeaders;
  /** As it came: nothing of it is acted upon before its signature is good. */
  readonly body: Buffer;
  readonly now: Date;
}

/** A provider that hands on messages, by a webhook that it signs. */
export interface Gateway {
  readonly contentType: string;
  /** What it is answered when a message was taken, whatever became of it. */
  readonly thanks: { readonly type: string; readonly body: string };
  read(delivery: Delivery): Reading | Promise<Reading>;
}

/** Longer ones are no message's. In characters. */
export const LONGEST = { id: 200, address: 254, text: 20_000 } as const;

/** In constant time, of texts of one length. */
export function isSame(expected: string, given: string): boolean {
  const [one, other] = [Buffer.from(expected, 'utf8'), Buffer.from(given, 'utf8')];
  return one.length === other.length && timingSafeEqual(one, other);
}
