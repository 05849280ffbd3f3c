import { CreateTopicCommand, ListSubscriptionsByTopicCommand, PublishCommand, type PublishCommandInput, SubscribeCommand } from '@aws-sdk/client-sns';
import { expect } from 'vitest';
import { conformance, refused, type Stage } from './case.fixture.ts';

const topic = async ({ sns, name }: Stage): Promise<string> => (await sns.send(new CreateTopicCommand({ Name: name }))).TopicArn ?? '';
const publish = async (stage: Stage, more: Partial<PublishCommandInput> = {}) =>
  stage.sns.send(new PublishCommand({ TopicArn: await topic(stage), Message: 'words', ...more }));

conformance([
  {
    title: 'a topic of the same name is the same topic',
    cites: 'API_CreateTopic: idempotent',
    async run(stage) {
      expect(await topic(stage)).toMatch(new RegExp(`^arn:aws:sns:us-east-1:\\d{12}:${stage.name}$`));
      expect(await topic(stage)).toBe(await topic(stage));
    },
  },
  {
    title: 'a topic name with other characters is refused',
    cites: 'API_CreateTopic: Name, letters, digits, hyphens and underscores, 1 to 256',
    departs: { emulator: 'answers InvalidParameterValue' },
    run: (stage) => refused(stage.sns.send(new CreateTopicCommand({ Name: `${stage.name}!` })), 'InvalidParameterException'),
  },
  {
    title: 'a message is taken with a subject and attributes',
    cites: 'API_Publish: MessageId',
    run: async (stage) =>
      expect((await publish(stage, { Subject: 'A subject', MessageAttributes: { kind: { DataType: 'String', StringValue: 'x' } } })).MessageId).toMatch(
        /^[0-9a-f-]{36}$/,
      ),
  },
  {
    title: 'a topic that does not exist is NotFound',
    cites: 'API_Publish: NotFound, 404',
    run: async (stage) => refused(publish(stage, { TopicArn: `${await topic(stage)}x` }), 'NotFoundException', 404),
  },
  {
    title: 'a message above 256 KB is refused',
    cites: 'API_Publish: Message, at most 262,144 bytes',
    departs: { emulator: 'answers InvalidParameterValue' },
    run: (stage) => refused(publish(stage, { Message: 'x'.repeat(262_145) }), 'InvalidParameterException'),
  },
  {
    title: 'a message of 256 KB is taken',
    cites: 'API_Publish: Message, at most 262,144 bytes',
    departs: { emulator: 'refuses a form that large' },
    run: async (stage) => expect((await publish(stage, { Message: '%'.repeat(262_144) })).MessageId).toBeDefined(),
  },
  {
    title: 'a subject above 100 characters is refused',
    cites: 'API_Publish: Subject, ASCII, less than 100 characters',
    run: (stage) => refused(publish(stage, { Subject: 'x'.repeat(101) }), 'InvalidParameterException'),
  },
  {
    title: 'a subject with a line break is refused',
    cites: 'API_Publish: Subject, no line breaks or control characters',
    departs: { emulator: 'takes it' },
    run: (stage) => refused(publish(stage, { Subject: 'a\nb' }), 'InvalidParameterException'),
  },
  {
    title: 'an e-mail address stays pending until it confirms',
    cites: 'API_Subscribe: the endpoint must confirm',
    departs: { emulator: 'confirms at once' },
    async run(stage) {
      const TopicArn = await topic(stage);
      const { SubscriptionArn } = await stage.sns.send(new SubscribeCommand({ TopicArn, Protocol: 'email', Endpoint: 'someone@example.com' }));
      expect(SubscriptionArn).toBe('pending confirmation');
      const { Subscriptions } = await stage.sns.send(new ListSubscriptionsByTopicCommand({ TopicArn }));
      expect(Subscriptions?.map((each) => [each.Endpoint, each.SubscriptionArn])).toEqual([['someone@example.com', 'PendingConfirmation']]);
    },
  },
]);
