import type { Secret } from '@rcm/telemetry';
import { createHmac } from 'node:crypto';
import { z } from 'zod';
import { oddName } from '../json-body.ts';
import { type Gateway, type InboundMessage, isSame, LONGEST } from './gateway.ts';

export interface SignedOptions {
  /** Base64 of what is signed with; two while the key is changed. */
  readonly keys: readonly Secret<string>[];
}

/** By how much a delivery's time may differ from ours, in ms (Standard Webhooks, "Verifying webhook authenticity"). */
const TOLERANCE_MS = 300_000;
/** Of one delivery: a sender that changes its key signs with both. */
const MOST_SIGNATURES = 10;

const address = z.string().trim().min(1).max(LONGEST.address);
const messageSchema = z.object({ from: address, to: address, text: z.string().max(LONGEST.text), sent_at: z.iso.datetime({ offset: true }).optional() });

/**
 * A message as JSON, signed by Standard Webhooks 1.0.0: HMAC-SHA256 over `webhook-id`, `webhook-timestamp` and the body, base64 in `webhook-signature` behind `v1,`. For whatever
 * receives mail or text messages elsewhere, and can send a webhook.
 */
export const signed = ({ keys }: SignedOptions): Gateway => ({
  contentType: 'application/json',
  thanks: { type: 'application/json', body: '{}' },
  read({ headers, body, now }) {
    const [id, timestamp, signatures] = ['webhook-id', 'webhook-timestamp', 'webhook-signature'].map((name) => headers[name]);
    if (typeof id !== 'string' || typeof timestamp !== 'string' || typeof signatures !== 'string') return 'forged';
    if (!/^[\x21-\x7e]{1,200}$/.test(id) || !/^\d{1,12}$/.test(timestamp)) return 'forged';
    const given = signatures.split(' ').slice(0, MOST_SIGNATURES);
    const isSigned = keys.flatMap((key) => {
      const mac = createHmac('sha256', Buffer.from(key.reveal(), 'base64')).update(`${id}.${timestamp}.`, 'utf8').update(body).digest('base64');
      return given.map((one) => isSame(`v1,${mac}`, one));
    });
    if (!isSigned.includes(true)) return 'forged';
    return Math.abs(now.getTime() - Number(timestamp) * 1_000) > TOLERANCE_MS ? 'late' : messageOf(id, body.toString('utf8'));
  },
});

function messageOf(id: string, text: string): InboundMessage | 'unreadable' {
  const message = messageSchema.safeParse(jsonOf(text));
  if (!message.success) return 'unreadable';
  const { from, to, text: words, sent_at: sentAt } = message.data;
  return { id, from, to, text: words, sentAt: sentAt === undefined ? null : new Date(sentAt) };
}

/** `null`: it is no JSON, or has a name twice. Its text is in no error. */
function jsonOf(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return oddName(text) === null ? value : null;
  } catch {
    return null;
  }
}
