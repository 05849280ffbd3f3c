import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { RcmError } from '@rcm/telemetry';
import type { NotificationChannel, OutgoingNotification } from './channel.ts';

export interface SnsOptions {
  readonly topicArn: string;
  readonly region: string;
  /** Only where AWS is not at its usual address. */
  readonly endpoint?: string | undefined;
}

/**
 * An SNS topic, in the format that AWS's chat application (Slack, Teams) takes: `version`, `source: custom`, `content` in client
 * markdown, `metadata` with a thread per login. The process's own role publishes; no tenant's role is involved.
 */
export function snsChannel({ topicArn, region, endpoint }: SnsOptions): NotificationChannel & { close(): void } {
  const client = new SNSClient({ region, ...(endpoint === undefined ? {} : { endpoint }), maxAttempts: 1 });
  return {
    name: 'sns',
    async send(outgoing, signal) {
      try {
        await client.send(new PublishCommand({ TopicArn: topicArn, Message: JSON.stringify(chatMessage(outgoing)) }), { abortSignal: signal });
      } catch (error) {
        // Its name only: what the service says may quote the message.
        const name = error instanceof Error ? error.name : 'error';
        throw new RcmError('deadline_exceeded', `SNS did not take it (${name}).`);
      }
    },
    close: () => client.destroy(),
  };
}

function chatMessage({ notification, text }: OutgoingNotification): object {
  return {
    version: '1.0',
    source: 'custom',
    id: notification.id,
    content: {
      textType: 'client-markdown',
      title: text.title,
      description: `${text.happened}\n\n*Safe now:* ${text.safe}`,
      nextSteps: text.todo,
      keywords: [notification.kind, ...(notification.portalTypeCode ? [notification.portalTypeCode] : [])],
    },
    metadata: {
      threadId: notification.endpointId ?? notification.portalTypeCode ?? notification.kind,
      summary: text.title,
      eventType: `rotation.${notification.kind}`,
      relatedResources: notification.endpointId ? [notification.endpointId] : [],
    },
  };
}
