import { makeSigner } from '@rcm/test-services';
import { randomUUID, sign } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { signedText, type SnsEnvelope } from './sns-envelope.ts';

export const TOPIC = 'arn:aws:sns:us-east-1:111122223333:codes';
export const ANOTHER_TOPIC = 'arn:aws:sns:us-east-1:111122223333:codes-two';
export const CERTIFICATE_AT = 'https://sns.us-east-1.amazonaws.com/SimpleNotificationService-0123456789abcdef0123456789abcdef.pem';
export const CONFIRM_BY =
  '2336412f37fb687f5d51e6e241d09c805a5a57b30d712f794cc5f6a988666d92768dd60a747ba6f3beb71854e285d6ad02428b09ceece29417f1f02d609c582afbacc99c583a916b9981dd2728f4ae6fdb82efd087cc3b7849e05798d2d2785c03b0879594eeac82c01f235d0e717736';
const CONFIRM_AT = `https://sns.us-east-1.amazonaws.com/?Action=ConfirmSubscription&TopicArn=${TOPIC}&Token=${CONFIRM_BY}`;

/** SNS with a key of the test’s own. */
export class SnsSender {
  readonly pem: string;
  /** What was asked for, in order. */
  readonly asked: string[] = [];
  readonly #key: string;

  constructor() {
    const folder = mkdtempSync(join(tmpdir(), 'rcm-sns-'));
    const { cert, key } = makeSigner(folder, 'sns');
    [this.pem, this.#key] = [readFileSync(cert, 'utf8'), readFileSync(key, 'utf8')];
    rmSync(folder, { recursive: true });
  }

  /** The host of its certificates, and nothing else. */
  readonly fetch: typeof fetch = async (address) => {
    const url = address instanceof Request ? address.url : String(address);
    this.asked.push(url);
    return url === CERTIFICATE_AT ? new Response(this.pem) : new Response('', { status: 404 });
  };

  /** An envelope that it has signed. */
  signed(fields: Partial<SnsEnvelope> = {}): SnsEnvelope {
    const envelope: SnsEnvelope = {
      ...{ Type: 'Notification', MessageId: randomUUID(), TopicArn: TOPIC, Message: '{}', Timestamp: new Date().toISOString() },
      ...{ SignatureVersion: '2', Signature: 'eA==', SigningCertURL: CERTIFICATE_AT },
      ...fields,
    };
    const hash = envelope.SignatureVersion === '1' ? 'sha1' : 'sha256';
    return { ...envelope, Signature: sign(hash, Buffer.from(signedText(envelope), 'utf8'), this.#key).toString('base64') };
  }

  /** What it asks a person. */
  asking(fields: Partial<SnsEnvelope> = {}): SnsEnvelope {
    return this.signed({ Type: 'SubscriptionConfirmation', Message: 'You have chosen to subscribe', Token: CONFIRM_BY, SubscribeURL: CONFIRM_AT, ...fields });
  }
}

/** As AWS publishes a text message. */
export const smsOf = ({ from, to, text }: { readonly from: string; readonly to: string; readonly text: string }): string =>
  JSON.stringify({ originationNumber: from, destinationNumber: to, messageKeyword: 'KEYWORD', messageBody: text, inboundMessageId: randomUUID() });
