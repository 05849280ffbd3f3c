import type { Clock, Logger } from '@rcm/telemetry';
import type { RotatorConfig } from '../config.ts';
import type { NotificationChannel } from './channel.ts';
import { logChannel } from './log.ts';
import { snsChannel } from './sns.ts';
import { type SigningKey, webhookChannel } from './webhook.ts';

export interface Channels {
  readonly all: readonly NotificationChannel[];
  close(): void;
}

/** The channels that the configuration names; the log always. */
export function openChannels(config: RotatorConfig, { clock, logger }: { readonly clock: Clock; readonly logger: Logger }): Channels {
  const { RCM_NOTICE_SNS_TOPIC_ARN: topicArn, RCM_NOTICE_WEBHOOK_URL: url } = config;
  const keys = signingKeys(config);
  // The topic's own region: it may be another than the secrets'.
  const sns = topicArn === undefined ? null : snsChannel({ topicArn, region: topicArn.split(':')[3] ?? '', endpoint: config.RCM_AWS_ENDPOINT });
  const webhook = url === undefined || keys.length === 0 ? null : webhookChannel({ url, keys, clock });
  return { all: [logChannel(logger), ...(sns ? [sns] : []), ...(webhook ? [webhook] : [])], close: () => sns?.close() };
}

function signingKeys(config: RotatorConfig): readonly SigningKey[] {
  const { RCM_NOTICE_WEBHOOK_KEY: key, RCM_PREVIOUS_NOTICE_WEBHOOK_KEY: previous, RCM_PREVIOUS_NOTICE_WEBHOOK_KEY_ID: previousId } = config;
  if (key === undefined) return [];
  const current = { id: config.RCM_NOTICE_WEBHOOK_KEY_ID, key };
  return previous === undefined || previousId === undefined ? [current] : [current, { id: previousId, key: previous }];
}
