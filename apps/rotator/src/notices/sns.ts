import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { RcmError } from '@rcm/telemetry';
import type { NoticeChannel, OutgoingNotice } from './channel.ts';

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
export function snsChannel({ topicArn, region, endpoint }: SnsOptions): NoticeChannel & { close(): void } {
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

function chatMessage({ notice, text }: OutgoingNotice): object {
  return {
    version: '1.0',
    source: 'custom',
    id: notice.id,
    content: {
      textType: 'client-markdown',
      title: text.title,
      description: `${text.happened}\n\n*Safe now:* ${text.safe}`,
      nextSteps: text.todo,
      keywords: [notice.kind, ...(notice.portalTypeCode ? [notice.portalTypeCode] : [])],
    },
    metadata: {
      threadId: notice.endpointId ?? notice.portalTypeCode ?? notice.kind,
      summary: text.title,
      eventType: `rotation.${notice.kind}`,
      relatedResources: notice.endpointId ? [notice.endpointId] : [],
    },
  };
}
