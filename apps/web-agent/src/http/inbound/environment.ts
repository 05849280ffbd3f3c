import { Secret } from '@rcm/telemetry';
import { z } from 'zod';
import type { Gateway } from './gateway.ts';
import { signed } from './signed.ts';
import { SnsCertificates } from './sns-certificates.ts';
import { isTopic } from './sns-topic.ts';
import { sns } from './sns.ts';
import { twilio } from './twilio.ts';

/** One a line: the first is the current one, and while it is changed there is a second. */
const lines = (text: string): readonly string[] =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
const secrets = (shape: RegExp, message: string) =>
  z
    .string()
    .transform(lines)
    .pipe(z.array(z.string().regex(shape, message)).min(1).max(2))
    .transform((texts) => texts.map((text) => new Secret(text)));

/** What the gateways of incoming messages read from the environment (a zod raw shape). Each is served where its own are set. */
export const inboundEnvironment = {
  /** Auth tokens of the account at Twilio. Given as `…_FILE`. */
  RCM_INBOUND_TWILIO_TOKEN: secrets(/^[!-~]{16,200}$/, 'must be an auth token, or two on lines of their own').optional(),
  /** The webhook's address as Twilio has it. */
  RCM_INBOUND_TWILIO_URL: z.url({ protocol: /^https$/ }).optional(),
  /** Keys by Standard Webhooks. Given as `…_FILE`. */
  RCM_INBOUND_SIGNED_KEY: secrets(
    /^whsec_[A-Za-z0-9+/]{32,88}={0,2}$/,
    'must be whsec_ and the base64 of 24 to 64 bytes, or two on lines of their own',
  ).optional(),
  /** ARNs of topics that AWS publishes text messages to, by commas. */
  RCM_INBOUND_SNS_TOPICS: z
    .string()
    .transform((text) => text.split(',').map((arn) => arn.trim()))
    .pipe(z.array(z.string().refine(isTopic, 'must be ARNs of SNS topics, by commas')).max(20))
    .optional(),
};

type InboundConfig = z.infer<z.ZodObject<typeof inboundEnvironment>> & { readonly RCM_API_ISSUER?: string | undefined };

/** Adds a problem for half a gateway, and for one without the API that it is part of. */
export function checkInbound(config: InboundConfig, context: z.core.$RefinementCtx): void {
  const { RCM_INBOUND_TWILIO_TOKEN: token, RCM_INBOUND_TWILIO_URL: url, RCM_INBOUND_SIGNED_KEY: key, RCM_INBOUND_SNS_TOPICS: topics } = config;
  const report = (name: string, message: string): void => void context.addIssue({ code: 'custom', path: [name], message });
  if ((token === undefined) !== (url === undefined)) report('RCM_INBOUND_TWILIO_TOKEN', 'and RCM_INBOUND_TWILIO_URL are set together, or neither');
  if (config.RCM_API_ISSUER !== undefined) return;
  if (token !== undefined) report('RCM_INBOUND_TWILIO_TOKEN', 'is set, but the HTTP API is not served: RCM_API_ISSUER is not');
  if (key !== undefined) report('RCM_INBOUND_SIGNED_KEY', 'is set, but the HTTP API is not served: RCM_API_ISSUER is not');
  if (topics !== undefined) report('RCM_INBOUND_SNS_TOPICS', 'is set, but the HTTP API is not served: RCM_API_ISSUER is not');
}

/** The gateways that are served, by name. */
export function gatewaysOf(config: InboundConfig): ReadonlyMap<string, Gateway> {
  const { RCM_INBOUND_TWILIO_TOKEN: tokens, RCM_INBOUND_TWILIO_URL: url, RCM_INBOUND_SIGNED_KEY: keys, RCM_INBOUND_SNS_TOPICS: topics } = config;
  const gateways = new Map<string, Gateway>();
  if (tokens && url !== undefined) gateways.set('twilio', twilio({ tokens, url }));
  if (keys) gateways.set('signed', signed({ keys: keys.map((key) => key.map((text) => text.slice('whsec_'.length))) }));
  if (topics) gateways.set('sns', sns({ topics, certificates: new SnsCertificates() }));
  return gateways;
}
