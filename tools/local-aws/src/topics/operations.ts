import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { topicArn } from '../account/arns.ts';
import { AwsError } from '../aws-error.ts';
import { type Call, operation } from '../operation.ts';
import { sealMessage } from './messages.ts';

const MAX_MESSAGE_BYTES = 262_144;
/** Messages kept per data file for tests to look at; older ones go. */
const KEPT_MESSAGES = 1_000;

const invalid = (message: string): AwsError => new AwsError('InvalidParameter', `Invalid parameter: ${message}`);

function requireTopic({ database }: Call, arn: string): void {
  if (!arn.startsWith('arn:')) throw invalid('TopicArn');
  if (!database.get('SELECT 1 FROM topic WHERE arn = ?', arn)) throw new AwsError('NotFound', 'Topic does not exist', 404);
}

/** CreateTopic: the same name again answers the same topic. */
export const createTopic = operation({
  input: z.strictObject({ Name: z.string() }),
  resources: ({ Name }, { account }) => [topicArn(account, Name)],
  run({ Name }, { account, database, now }) {
    if (!/^[A-Za-z0-9_-]{1,256}$/.test(Name)) throw invalid('Topic Name');
    const arn = topicArn(account, Name);
    database.run('INSERT INTO topic(arn, created_at) VALUES (?, ?) ON CONFLICT DO NOTHING', arn, now.getTime());
    return { TopicArn: arn };
  },
});

export const listTopics = operation({
  input: z.strictObject({}),
  run: (_, { database }) => ({ Topics: database.all<{ arn: string }>('SELECT arn FROM topic ORDER BY arn').map(({ arn }) => ({ TopicArn: arn })) }),
});

/** Subscribe: recorded; an endpoint is never called, so one that would have to confirm stays pending. */
export const subscribe = operation({
  input: z.strictObject({
    TopicArn: z.string(),
    Protocol: z.enum(['http', 'https', 'email', 'email-json', 'sms', 'sqs', 'lambda']),
    Endpoint: z.string().min(1).max(2_048),
    ReturnSubscriptionArn: z.enum(['true', 'false']).optional(),
  }),
  resources: ({ TopicArn }) => [TopicArn],
  run({ TopicArn, Protocol, Endpoint, ReturnSubscriptionArn }, call) {
    requireTopic(call, TopicArn);
    const confirmed = Protocol === 'sqs' || Protocol === 'lambda' || Protocol === 'sms';
    const known = call.database.get<{ arn: string }>(
      'SELECT arn FROM topic_subscription WHERE topic_arn = ? AND protocol = ? AND endpoint = ?',
      TopicArn,
      Protocol,
      Endpoint,
    );
    const arn = known?.arn ?? `${TopicArn}:${randomUUID()}`;
    call.database.run(
      'INSERT INTO topic_subscription(arn, topic_arn, protocol, endpoint, confirmed) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING',
      arn,
      TopicArn,
      Protocol,
      Endpoint,
      confirmed ? 1 : 0,
    );
    return { SubscriptionArn: confirmed || ReturnSubscriptionArn === 'true' ? arn : 'pending confirmation' };
  },
});

export const listSubscriptionsByTopic = operation({
  input: z.strictObject({ TopicArn: z.string() }),
  resources: ({ TopicArn }) => [TopicArn],
  run({ TopicArn }, call) {
    requireTopic(call, TopicArn);
    const rows = call.database.all<{ arn: string; protocol: string; endpoint: string; confirmed: 0 | 1 }>(
      'SELECT arn, protocol, endpoint, confirmed FROM topic_subscription WHERE topic_arn = ? ORDER BY arn',
      TopicArn,
    );
    const owner = call.account.accountId;
    return {
      Subscriptions: rows.map((row) => ({
        TopicArn,
        Protocol: row.protocol,
        Endpoint: row.endpoint,
        Owner: owner,
        SubscriptionArn: row.confirmed ? row.arn : 'PendingConfirmation',
      })),
    };
  },
});

const attribute = z.strictObject({
  Name: z.string().min(1).max(256),
  Value: z.strictObject({ DataType: z.string().min(1), StringValue: z.string().optional(), BinaryValue: z.string().optional() }),
});

/** Publish: kept encrypted, to be read by `publishedMessages`. */
export const publish = operation({
  input: z.strictObject({
    TopicArn: z.string(),
    Message: z.string(),
    Subject: z.string().optional(),
    MessageAttributes: z.array(attribute).max(10).optional(),
  }),
  resources: ({ TopicArn }) => [TopicArn],
  run({ TopicArn, Message, Subject, MessageAttributes = [] }, call) {
    requireTopic(call, TopicArn);
    if (Message.length === 0) throw invalid('Empty message');
    if (Buffer.byteLength(Message) > MAX_MESSAGE_BYTES) throw invalid('Message too long');
    if (Subject !== undefined && !/^[\x21-\x7e][\x20-\x7e]{0,99}$/.test(Subject)) throw invalid('Subject');
    const id = randomUUID();
    const attributes = Object.fromEntries(MessageAttributes.map(({ Name, Value }) => [Name, Value.StringValue ?? Value.BinaryValue ?? '']));
    const sealed = sealMessage(call.root, id, { message: Message, subject: Subject ?? null, attributes });
    const { rowId } = call.database.run(
      'INSERT INTO topic_message(id, topic_arn, ciphertext, published_at) VALUES (?, ?, ?, ?)',
      id,
      TopicArn,
      sealed,
      call.now.getTime(),
    );
    call.database.run('DELETE FROM topic_message WHERE number <= ?', rowId - KEPT_MESSAGES);
    return { MessageId: id };
  },
});
