import { canMakeCertificates } from '@rcm/test-services';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { SnsCertificates } from './sns-certificates.ts';
import type { SnsEnvelope } from './sns-envelope.ts';
import { ANOTHER_TOPIC, CERTIFICATE_AT, CONFIRM_BY, smsOf, SnsSender, TOPIC } from './sns-sender.fixture.ts';
import { sns } from './sns.ts';

const isMissing = !canMakeCertificates();
let sender: SnsSender;
beforeAll(() => {
  if (!isMissing) sender = new SnsSender();
});
beforeEach(({ skip }) => skip(isMissing, 'openssl is not installed: no certificate can be made'));

const SMS = { from: '+14255550182', to: '+12125550101', text: 'Your code is 4711 0815' };
/** A gateway that has read nothing yet. */
function gateway() {
  const { read } = sns({ topics: [TOPIC, ANOTHER_TOPIC], certificates: new SnsCertificates({ fetch: sender.fetch }) });
  const before = sender.asked.length;
  return {
    read: (envelope: object | string, now = new Date()) =>
      read({ headers: {}, body: Buffer.from(typeof envelope === 'string' ? envelope : JSON.stringify(envelope)), now }),
    asked: () => sender.asked.slice(before),
  };
}

describe('a message of SNS', () => {
  it.each(['1', '2'] as const)('is read by its certificate’s key, with signature version %s', async (SignatureVersion) => {
    const envelope = sender.signed({ SignatureVersion, Message: smsOf(SMS), Subject: 'SMS' });
    const { read, asked } = gateway();
    expect(await read({ ...envelope, UnsubscribeURL: 'https://elsewhere.example/' })).toEqual({
      ...SMS,
      id: envelope.MessageId,
      sentAt: new Date(envelope.Timestamp),
    });
    expect(asked()).toEqual([CERTIFICATE_AT]);
  });

  it.each<[keyof SnsEnvelope, string | undefined]>([
    ['Message', smsOf({ ...SMS, text: 'Your code is 4711 0816' })],
    ['MessageId', '00000000-0000-0000-0000-000000000000'],
    ['Subject', 'another'],
    ['Subject', undefined],
    ['Timestamp', new Date(Date.now() - 1_000).toISOString()],
    ['TopicArn', ANOTHER_TOPIC],
    ['Type', 'SubscriptionConfirmation'],
    ['SignatureVersion', '1'],
    ['SignatureVersion', '3'],
    ['Signature', 'eA=='],
    ['Signature', undefined],
  ])('is forged with another %s: %s', async (name, value) => {
    const { read } = gateway();
    expect(await read({ ...sender.signed({ Message: smsOf(SMS), Subject: 'SMS' }), [name]: value })).toBe('forged');
  });

  it.each(['SubscribeURL', 'Token', 'Message', 'MessageId', 'Timestamp', 'TopicArn', 'Type'] as const)('that asks is forged with another %s', async (name) => {
    const other = { Type: 'UnsubscribeConfirmation', TopicArn: ANOTHER_TOPIC, Timestamp: new Date(Date.now() - 1_000).toISOString(), MessageId: '0' };
    const { read } = gateway();
    expect(await read({ ...sender.asking(), [name]: name in other ? other[name as keyof typeof other] : `${CONFIRM_BY}0` })).toBe('forged');
  });

  it('is forged by another key, by a topic that nobody has named, and where it is no JSON or has a name twice', async () => {
    const { read, asked } = gateway();
    expect(await read(sender.signed({ TopicArn: 'arn:aws:sns:us-east-1:444455556666:codes' }))).toBe('forged');
    const text = JSON.stringify(sender.signed());
    for (const body of ['', 'null', '[]', text.slice(1), text.replace('{', `{"Message":"x",`), text.replace('{', '{"__proto__":{},')])
      expect(await read(body)).toBe('forged');
    expect(asked()).toEqual([]);
    expect(await read(new SnsSender().signed())).toBe('forged');
  });

  it.each([
    CERTIFICATE_AT.replace('https:', 'http:'),
    CERTIFICATE_AT.replace('us-east-1', 'us-west-2'),
    CERTIFICATE_AT.replace('.com/', '.com:8443/'),
    CERTIFICATE_AT.replace('//', '//user@'),
    CERTIFICATE_AT.replace('.com/', '.com.evil.example/'),
    CERTIFICATE_AT.replace('//', '//evil.example/'),
    CERTIFICATE_AT.replace('.pem', '.pem?x=1'),
    CERTIFICATE_AT.replace('.pem', '.pem\n'),
    CERTIFICATE_AT.replace('SimpleNotificationService-', '../other-'),
    CERTIFICATE_AT.replace('sns.', 's3.'),
    'https://169.254.169.254/SimpleNotificationService-0123456789abcdef0123456789abcdef.pem',
  ])('is forged where its certificate lies at %s, and nothing is fetched', async (SigningCertURL) => {
    const { read, asked } = gateway();
    expect(await read(sender.signed({ SigningCertURL }))).toBe('forged');
    expect(asked()).toEqual([]);
  });

  it('is late after a quarter of an hour, and where it is of the future', async () => {
    const { read } = gateway();
    const at = (ms: number) => sender.signed({ Message: smsOf(SMS), Timestamp: new Date(Date.now() + ms).toISOString() });
    expect(await read(at(-3_600_000))).toBe('late');
    expect(await read(at(3_600_000))).toBe('late');
    expect(await read(at(-600_000))).toMatchObject(SMS);
  });

  it.each(['{}', 'no JSON', '{"originationNumber":"1","destinationNumber":"2"}', '{"originationNumber":"1","destinationNumber":"2","messageBody":1}'])(
    'is unreadable where it is no text message: %s',
    async (Message) => expect(await gateway().read(sender.signed({ Message }))).toBe('unreadable'),
  );
});

describe('what asks for a subscription', () => {
  it('is handed on for a person, and its address is not opened', async () => {
    const { read, asked } = gateway();
    expect(await read(sender.asking())).toEqual({ confirms: 'subscription', of: TOPIC, by: CONFIRM_BY });
    expect(await read(sender.asking({ Type: 'UnsubscribeConfirmation' }))).toEqual({ confirms: 'end', of: TOPIC, by: CONFIRM_BY });
    expect(asked()).toEqual([CERTIFICATE_AT]);
  });

  it.each(['', 'x y', '1\n2', '--topic-arn', undefined])('is unreadable where a person would confirm by %j', async (Token) =>
    expect(['unreadable', 'forged']).toContain(await gateway().read(sender.asking({ Token }))),
  );
});
