import { z } from 'zod';

/** Deployed beside portals: who is told of the end of tasks, who brings codes, where spans go. Whatever is secret of it lies in the stack's own secrets. */

const host = z.string().regex(/^[a-z0-9-]+(\.[a-z0-9-]+)+$/, 'must be the name of a host');
const port = z.number('must be a port').int('must be a port').min(1, 'must be a port').max(65_535, 'must be a port');
const printable = z.string().regex(/^[^\p{Cc}]{1,254}$/u, 'must be 1 to 254 printable characters');
const httpsAt = z.url({ protocol: /^https$/, hostname: z.regexes.domain, error: 'must be an https address of a host name' });

/** Hosts of receivers, with their port where it is not 443. Their addresses and keys are the secret `task-callbacks` (`RCM_TASK_CALLBACKS`). */
export const callbacksSchema = z.strictObject({
  hosts: z
    .array(z.string().regex(/^[a-z0-9-]+(\.[a-z0-9-]+)+(:[1-9][0-9]{0,4})?$/, 'must be HOST or HOST:PORT'))
    .min(1)
    .max(200),
});

const mailbox = z.strictObject({
  host,
  port: port.optional(),
  tls: z.enum(['implicit', 'starttls'], 'must be implicit or starttls').default('implicit'),
  user: printable,
  /** By which name the receiving server says what it found of a sender. */
  authservId: host,
  folder: printable.optional(),
  afterwards: z.enum(['keep', 'mark', 'delete'], 'must be keep, mark or delete').optional(),
  /** PEM, of a server whose certificate is by a CA of your own. */
  ca: z.string().startsWith('-----BEGIN CERTIFICATE-----', 'must be a certificate (PEM)').max(10_000).optional(),
});

/** Who brings codes that portals send (docs/codes.md). Tokens, keys and passwords are secrets. */
export const inboundSchema = z.strictObject({
  /** The webhook's address to the letter as Twilio has it: `RCM_INBOUND_TWILIO_URL`. */
  twilioUrl: httpsAt.optional(),
  /** Topics that AWS publishes text messages to: `RCM_INBOUND_SNS_TOPICS`. */
  snsTopics: z
    .array(z.string().regex(/^arn:aws(?:-cn|-us-gov)?:sns:[a-z]{2}(?:-[a-z]{1,12}){1,2}-\d:\d{12}:[A-Za-z0-9_-]{1,256}$/, 'must be the ARN of a topic'))
    .min(1)
    .max(20)
    .optional(),
  /** By Standard Webhooks. */
  signed: z.literal('standard-webhooks', 'must be standard-webhooks').optional(),
  mailboxes: z
    .record(z.string().regex(/^[a-z0-9][a-z0-9-]{0,29}$/, 'must be a name'), mailbox)
    .refine((named) => Object.keys(named).length <= 50, 'may name 50 mailboxes')
    .optional(),
});

/** Where web-agents send spans: `RCM_TRACES_URL`. */
export const tracesSchema = z.strictObject({ url: httpsAt });

/** Whom rotators tell beside the topic. The address may hold a token, so it is a secret, as its key is. */
export const notificationWebhookSchema = z.strictObject({ host });

/** As the apps take it. */
const keyId = z.string('must be an id in quotes').regex(/^[a-z0-9]{1,16}$/, 'must be 1 to 16 lower-case letters or digits, in quotes');

/** Which key names logins, and which makes fingerprints (docs/keys.md): one id, one key, which the stack makes. */
export const keysSchema = z.strictObject({
  identity: keyId.default('1'),
  previousIdentity: keyId.optional(),
  fingerprint: keyId.optional(),
  previousFingerprint: keyId.optional(),
});
