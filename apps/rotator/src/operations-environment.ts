import { retentionEnvironment } from '@rcm/db/admin';
import { checkAddresses, Secret, transportEnvironment } from '@rcm/telemetry';
import { z } from 'zod';

const milliseconds = (fallback: number, min = 1) => z.coerce.number().int().min(min).default(fallback);
const count = (fallback: number) => z.coerce.number().int().min(1).max(1_000).default(fallback);
const asSecret = (text: string): Secret<string> => new Secret(text);
const signingKey = () => z.string().min(32, 'must be at least 32 characters').transform(asSecret).optional();
const keyId = () => z.string().regex(/^[a-z0-9]{1,16}$/, 'must be 1 to 16 lower-case letters or digits');

/** When rotations start and stop, and how people are told: the operational part of the rotator's configuration, a zod raw shape. */
export const operationsEnvironment = {
  ...transportEnvironment,
  /** `daily`: the first scheduled rotation of a portal type and day goes ahead of the others. */
  RCM_ROTATOR_CANARY: z.enum(['daily', 'off']).default('daily'),
  /** How long a stopped portal type cools down before one rotation may try it. */
  RCM_ROTATOR_PROBE_MS: milliseconds(900_000),
  /** How long a rotation takes at most: none begins that near to maintenance hours. */
  RCM_ROTATOR_MAINTENANCE_MARGIN_MS: milliseconds(900_000, 0),
  /** How far back the breaker looks. */
  RCM_ROTATOR_BREAKER_WINDOW_MS: milliseconds(600_000),
  /** Refused logins until the portal is taken to be ill: half of those in use where that is fewer, a fifth where that is more. */
  RCM_ROTATOR_BREAKER_SUSPECTS: count(3),
  /** Logins that met unknown pages or whose rotation did not get through, until its pages are taken to have changed. */
  RCM_ROTATOR_BREAKER_FAILURES: count(3),
  /** Pause between two looks for logins of which somebody was refused; at each, so many are searched. */
  RCM_ROTATOR_MEND_SCAN_MS: milliseconds(15_000, 100),
  RCM_ROTATOR_MEND_SEARCHES: count(20),
  /** Pause between two searches of one login. */
  RCM_ROTATOR_MEND_PAUSE_MS: milliseconds(60_000, 0),
  /** Pause between two looks for what people have asked for from the console. */
  RCM_ROTATOR_ASKED_SCAN_MS: milliseconds(1_000, 100),
  /** Whether it reads what two people have agreed on for the console to show; unset: for a terminal alone. */
  RCM_BREAK_GLASS_PAGE: z.enum(['yes'], 'must be yes, or unset').optional(),
  /** Whether it sets what people type into the console; unset: what they type at a terminal alone. */
  RCM_SET_PAGE: z.enum(['yes'], 'must be yes, or unset').optional(),
  /** Pause between two looks at the secrets of portals that people rotate; at each, so many are read. */
  RCM_ROTATOR_MANUAL_SCAN_MS: milliseconds(10_000, 100),
  RCM_ROTATOR_MANUAL_READS: count(10),
  /** Pause between two looks at one such secret: while it is due, and at other times. */
  RCM_ROTATOR_MANUAL_DUE_MS: milliseconds(60_000, 0),
  RCM_ROTATOR_MANUAL_IDLE_MS: milliseconds(3_600_000, 0),
  /** After so long an open rotation is told of. */
  RCM_NOTICE_LONG_WAIT_MS: milliseconds(86_400_000),
  /** Pause between two looks at the outbox. */
  RCM_NOTICE_SCAN_MS: milliseconds(5_000, 100),
  /** For one channel to take one notification. */
  RCM_NOTICE_DEADLINE_MS: milliseconds(10_000, 100),
  /** Tries per notification and channel, with growing pauses (5 s to 1 h). The log has every notification at once. */
  RCM_NOTICE_MAX_TRIES: count(12),
  /** How long notifications are kept; the journal and the audit trail stay. */
  RCM_NOTICE_KEEP_DAYS: z.coerce.number().int().min(8).max(400).default(90),
  ...retentionEnvironment,
  /** Public keys of age, separated by commas: whoever holds the identity of any of them can open what `rotator backup` writes. Unset: no backups. */
  RCM_BACKUP_RECIPIENTS: z
    .string()
    .regex(/^age1[a-z0-9]+(,age1[a-z0-9]+)*$/, 'must be recipients of age, separated by commas')
    .transform((text) => text.split(','))
    .optional(),
  /** SNS topic, read by AWS's chat application; unset: no SNS. */
  RCM_NOTICE_SNS_TOPIC_ARN: z
    .string()
    .regex(/^arn:aws(-[a-z]+)*:sns:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_-]{1,256}$/, 'must be the ARN of an SNS topic')
    .optional(),
  /** Address that takes notifications as signed POSTs; it may hold a token, so give it as a file. Unset: no webhook. */
  RCM_NOTICE_WEBHOOK_URL: z
    .url({ protocol: /^https?$/, error: 'must be an http(s) URL' })
    .transform(asSecret)
    .optional(),
  /** Signs them (HMAC-SHA256); at least 32 characters. */
  RCM_NOTICE_WEBHOOK_KEY: signingKey(),
  /** Tells the receiver which key a signature was made with. */
  RCM_NOTICE_WEBHOOK_KEY_ID: keyId().default('1'),
  /** While the key is changed: the other one, which signs too, and its id. */
  RCM_PREVIOUS_NOTICE_WEBHOOK_KEY: signingKey(),
  RCM_PREVIOUS_NOTICE_WEBHOOK_KEY_ID: keyId().optional(),
} as const;

type OperationsConfig = z.infer<z.ZodObject<typeof operationsEnvironment>>;

/** For `.superRefine`: a webhook nobody can verify is not sent. */
export function checkNotifications(
  config: Pick<OperationsConfig, `RCM_${'' | 'PREVIOUS_'}NOTICE_WEBHOOK_KEY${'' | '_ID'}` | 'RCM_NOTICE_WEBHOOK_URL' | 'RCM_PLAINTEXT'>,
  problems: z.RefinementCtx,
): void {
  if (config.RCM_NOTICE_WEBHOOK_URL !== undefined && config.RCM_NOTICE_WEBHOOK_KEY === undefined)
    problems.addIssue({ code: 'custom', path: ['RCM_NOTICE_WEBHOOK_KEY'], message: 'is not set, but RCM_NOTICE_WEBHOOK_URL is' });
  const { RCM_PREVIOUS_NOTICE_WEBHOOK_KEY: previous, RCM_PREVIOUS_NOTICE_WEBHOOK_KEY_ID: previousId } = config;
  const report = (name: string, message: string): void => void problems.addIssue({ code: 'custom', path: [name], message });
  if ((previous === undefined) !== (previousId === undefined))
    report('RCM_PREVIOUS_NOTICE_WEBHOOK_KEY', 'and RCM_PREVIOUS_NOTICE_WEBHOOK_KEY_ID are set together, or neither');
  if (previous !== undefined && config.RCM_NOTICE_WEBHOOK_KEY === undefined)
    report('RCM_NOTICE_WEBHOOK_KEY', 'is not set, but RCM_PREVIOUS_NOTICE_WEBHOOK_KEY is');
  if (previousId === config.RCM_NOTICE_WEBHOOK_KEY_ID)
    report('RCM_PREVIOUS_NOTICE_WEBHOOK_KEY_ID', 'is the id of RCM_NOTICE_WEBHOOK_KEY itself: two keys need two ids');
  checkAddresses(config, { RCM_NOTICE_WEBHOOK_URL: { address: config.RCM_NOTICE_WEBHOOK_URL?.reveal(), use: 'notices' } }, problems);
}
