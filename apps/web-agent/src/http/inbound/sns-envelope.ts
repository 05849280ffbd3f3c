import { z } from 'zod';
import { oddName } from '../json-body.ts';

const text = (most: number) => z.string().min(1).max(most);

/** What SNS posts to an address, as far as it is looked at (SNS, "Parsing message formats"). Further names are let be: SNS has added some. */
const envelopeSchema = z.object({
  Type: z.enum(['Notification', 'SubscriptionConfirmation', 'UnsubscribeConfirmation']),
  MessageId: z.string().regex(/^[0-9a-f-]{1,64}$/i),
  TopicArn: text(400),
  Message: z.string().max(65_536),
  Subject: z.string().max(400).optional(),
  Token: text(1_000).optional(),
  SubscribeURL: text(2_000).optional(),
  Timestamp: z.iso.datetime(),
  SignatureVersion: z.enum(['1', '2']),
  Signature: z.string().regex(/^[A-Za-z0-9+/]{1,1500}={0,2}$/),
  SigningCertURL: text(400),
});

export type SnsEnvelope = z.infer<typeof envelopeSchema>;

/** `null`: it is no JSON of that form, or has a name twice, so that readers do not agree on what was signed. */
export function envelopeOf(body: string): SnsEnvelope | null {
  try {
    const value: unknown = JSON.parse(body);
    return oddName(body) === null ? (envelopeSchema.safeParse(value).data ?? null) : null;
  } catch {
    return null;
  }
}

/** In this order, each with its value, and only those that are there (SNS, "Verifying the signatures of Amazon SNS messages"). */
const SIGNED = {
  Notification: ['Message', 'MessageId', 'Subject', 'Timestamp', 'TopicArn', 'Type'],
  SubscriptionConfirmation: ['Message', 'MessageId', 'SubscribeURL', 'Timestamp', 'Token', 'TopicArn', 'Type'],
  UnsubscribeConfirmation: ['Message', 'MessageId', 'SubscribeURL', 'Timestamp', 'Token', 'TopicArn', 'Type'],
} as const satisfies Record<SnsEnvelope['Type'], readonly (keyof SnsEnvelope)[]>;

/** What SNS has signed of it: a line for each name and each value. */
export const signedText = (envelope: SnsEnvelope): string =>
  SIGNED[envelope.Type].map((name) => (envelope[name] === undefined ? '' : `${name}\n${envelope[name]}\n`)).join('');
