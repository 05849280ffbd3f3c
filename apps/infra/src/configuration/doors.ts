import { idSchema } from '@rcm/telemetry';
import { z } from 'zod';
import { settingsSchema } from './tunable.ts';

/** What both doors have: a name that a certificate proves, and ranges of addresses from which they are reached. */
const door = {
  /** In ACM of the same account and region, for the name that callers use. */
  certificateArn: z.string().regex(/^arn:aws(-us-gov|-cn)?:acm:[a-z0-9-]+:[0-9]{12}:certificate\/[0-9a-f-]{36}$/, 'must be the ARN of a certificate in ACM'),
  callers: z
    .array(z.cidrv4('must be a range such as 10.0.0.0/8').refine((range) => !/\/[0-7]$/.test(range), 'is wider than a private network: /8 at most'))
    .min(1)
    .max(50),
};
const https = z.url({ protocol: /^https$/, error: 'must be an https address' });
/** The network lets nothing else out to it. */
const reachable = https.refine(isAtHttpsPort, 'must be at port 443 of a host name');

/** Who may ask for tasks over HTTP, and where from. */
export const apiSchema = z.strictObject({
  ...door,
  issuer: https,
  audience: z.string().min(1).max(255),
  /** Where the issuer's keys are; its host is one more name that the network resolves. */
  jwksUrl: reachable,
  /** While the issuer is changed (docs/keys.md): the other one, whose tokens are taken too. */
  previous: z.strictObject({ issuer: https, jwksUrl: reachable, audience: z.string().min(1).max(255).optional() }).optional(),
});

const text = z.string().min(1).max(300);

/** Who signs in to the console, where, and what they are there (`RCM_CONSOLE_…`). */
export const consoleSchema = z.strictObject({
  ...door,
  /** Where browsers reach it. */
  url: reachable.refine((url) => URL.canParse(url) && new URL(url).origin === url, 'must be https://HOST, with nothing behind it'),
  issuer: reachable.max(300),
  /** Hosts beside the issuer's own that its discovery names for tokens and keys. */
  issuerHosts: z
    .array(z.string().regex(/^[a-z0-9-]+(\.[a-z0-9-]+)+$/, 'must be the name of a host'))
    .max(10)
    .default([]),
  clientId: z.string().regex(/^[!-~]{1,200}$/, 'must be the id of a client'),
  roles: z.array(z.string().refine(isGroupRole, 'must be GROUP=ROLE@ORGANIZATION')).min(1),
  scopes: text.optional(),
  groupsClaim: text.optional(),
  acr: text.optional(),
  amr: text.optional(),
  tasks: z.number().int().min(1).max(10).default(2),
  /** Whether a page shows, once, the password that two people have agreed on (docs/break-glass.md); a rotator seals it for the console. */
  passwords: z.boolean().default(false),
  /** Whether a page takes the password that an operator knows, sealed for a rotator (docs/console.md). */
  set: z.boolean().default(false),
  settings: settingsSchema('console'),
});

function isAtHttpsPort(url: string): boolean {
  if (!URL.canParse(url)) return false;
  const { port, hostname } = new URL(url);
  return port === '' && /[a-z]$/.test(hostname) && hostname.includes('.');
}

/** As the console reads it; the roles are its own. */
function isGroupRole(entry: string): boolean {
  const [, organization = ''] = /^[^=@,]{1,200}=(?:viewer|operator|approver|auditor)@([^=@,]+)$/.exec(entry) ?? [];
  return organization === '*' || idSchema.safeParse(organization).success;
}
