import { type KeyObject, verify } from 'node:crypto';
import { z } from 'zod';
import { oddName } from '../json-body.ts';
import { type Confirmation, type Gateway, type InboundMessage, LONGEST } from './gateway.ts';
import type { SnsCertificates } from './sns-certificates.ts';
import { envelopeOf, signedText, type SnsEnvelope } from './sns-envelope.ts';
import { certificateAddress, isConfirmationCode } from './sns-topic.ts';

export interface SnsOptions {
  /** ARNs of the topics whose messages are taken: SNS signs for everybody's. */
  readonly topics: readonly string[];
  readonly certificates: SnsCertificates;
}

/** How old a message may be: SNS tries again for a minute, where nobody has told it otherwise. In ms. */
const OLDEST_MS = 900_000;
/** By how much SNS's clock may be ahead of ours. In ms. */
const AHEAD_MS = 300_000;

const number = z.string().trim().min(1).max(LONGEST.address);
/** What AWS publishes of a text message (End User Messaging SMS, "two-way SMS message payload"). */
const smsSchema = z.object({ originationNumber: number, destinationNumber: number, messageBody: z.string().max(LONGEST.text) });

/**
 * Text messages of AWS, which it publishes to a topic of SNS, and SNS posts here: JSON, some fields of which SNS signs by RSA, with SHA-1 (`SignatureVersion` 1) or SHA-256 (2), with a certificate
 * that lies at its own host in the topic's region. What asks for a subscription to be confirmed is handed on for a person: nothing is opened by itself, or anybody's topic could be subscribed here.
 */
export const sns = ({ topics, certificates }: SnsOptions): Gateway => ({
  // As SNS calls its JSON.
  contentType: 'text/plain',
  thanks: { type: 'application/json', body: '{}' },
  async read({ body, now }) {
    const envelope = envelopeOf(body.toString('utf8'));
    // Before anything is fetched for it: it must be of a topic that is known, and name a certificate of that topic's region.
    if (!envelope || !topics.includes(envelope.TopicArn)) return 'forged';
    const address = certificateAddress(envelope.SigningCertURL, envelope.TopicArn);
    if (address === null) return 'forged';
    const key = await certificates.key(address, now);
    if (!key) return 'unchecked';
    if (!isSigned(envelope, key)) return 'forged';
    const age = now.getTime() - new Date(envelope.Timestamp).getTime();
    if (age > OLDEST_MS || age < -AHEAD_MS) return 'late';
    return envelope.Type === 'Notification' ? messageOf(envelope) : confirmationOf(envelope);
  },
});

const isSigned = (envelope: SnsEnvelope, key: KeyObject): boolean =>
  verify(envelope.SignatureVersion === '1' ? 'sha1' : 'sha256', Buffer.from(signedText(envelope), 'utf8'), key, Buffer.from(envelope.Signature, 'base64'));

function messageOf({ Message, MessageId, Timestamp }: SnsEnvelope): InboundMessage | 'unreadable' {
  const sms = smsSchema.safeParse(jsonOf(Message));
  if (!sms.success) return 'unreadable';
  const { originationNumber: from, destinationNumber: to, messageBody: words } = sms.data;
  return { id: MessageId, from, to, text: words, sentAt: new Date(Timestamp) };
}

const confirmationOf = ({ Type, TopicArn, Token }: SnsEnvelope): Confirmation | 'unreadable' =>
  isConfirmationCode(Token) ? { confirms: Type === 'SubscriptionConfirmation' ? 'subscription' : 'end', of: TopicArn, by: Token } : 'unreadable';

function jsonOf(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return oddName(text) === null ? value : null;
  } catch {
    return null;
  }
}
