import type { Clock, Logger } from '@rcm/telemetry';
import type { RotatorConfig } from '../config.ts';
import type { NoticeChannel } from './channel.ts';
import { logChannel } from './log.ts';
import { snsChannel } from './sns.ts';
import { webhookChannel } from './webhook.ts';

export interface Channels {
  readonly all: readonly NoticeChannel[];
  close(): void;
}

/** The channels that the configuration names; the log always. */
export function openChannels(config: RotatorConfig, { clock, logger }: { readonly clock: Clock; readonly logger: Logger }): Channels {
  const { RCM_NOTICE_SNS_TOPIC_ARN: topicArn, RCM_NOTICE_WEBHOOK_URL: url, RCM_NOTICE_WEBHOOK_KEY: key } = config;
  // The topic's own region: it may be another than the secrets'.
  const sns = topicArn === undefined ? null : snsChannel({ topicArn, region: topicArn.split(':')[3] ?? '', endpoint: config.RCM_AWS_ENDPOINT });
  const webhook = url === undefined || key === undefined ? null : webhookChannel({ url, key, clock });
  return { all: [logChannel(logger), ...(sns ? [sns] : []), ...(webhook ? [webhook] : [])], close: () => sns?.close() };
}
