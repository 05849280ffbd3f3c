import { createHmac } from 'node:crypto';
import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { PassThrough } from 'node:stream';
import { startLocalAws } from '@rcm/local-aws';
import { CreateTopicCommand, SNSClient } from '@aws-sdk/client-sns';
import { createLogger, Secret, systemClock } from '@rcm/telemetry';
import { afterEach, describe, expect, it } from 'vitest';
import type { OutgoingNotification } from './channel.ts';
import { logChannel } from './log.ts';
import { snsChannel } from './sns.ts';
import { webhookChannel } from './webhook.ts';
import { notificationText } from './wording.ts';

const KEY = 'canary-signing-key-0123456789abcdef0';
const TOKEN = 'canary-url-token';
const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

function outgoing(): OutgoingNotification {
  const notification = {
    id: '0190d5c2-0000-7000-8000-000000000001',
    kind: 'blocked' as const,
    orgId: 'north',
    endpointId: 'north-7',
    portalTypeCode: 'alpine',
    attemptId: null,
    detail: 'the portal accepts neither the staged nor the current password',
    createdAt: new Date('2026-11-25T03:00:00Z'),
    endedAt: null,
  };
  return { notification, text: notificationText(notification) };
}

/** Somebody who takes webhooks, and answers as told. */
async function receiver(answer: (attempt: number) => number | 'never', keys = [{ id: '1', key: new Secret(KEY) }]) {
  const got: { headers: Record<string, unknown>; body: string }[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => void (body += chunk.toString()));
    request.on('end', () => {
      got.push({ headers: request.headers, body });
      const status = answer(got.length);
      if (status === 'never') return;
      response.writeHead(status, status === 302 ? { location: 'http://127.0.0.1:1/elsewhere' } : {});
      response.end('a body that nobody reads');
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closing.push(() => {
    server.closeAllConnections();
    server.close();
  });
  const url = new Secret(`http://127.0.0.1:${(server.address() as AddressInfo).port}/hook?token=${TOKEN}`);
  return { got, channel: webhookChannel({ url, keys, clock: systemClock }) };
}

describe('the webhook', () => {
  it('is signed so that its receiver can verify body and time', async () => {
    const { got, channel } = await receiver(() => 204);
    await channel.send(outgoing(), AbortSignal.timeout(5_000));
    const [request] = got;
    const { 'x-rcm-timestamp': timestamp, 'x-rcm-signature': signature, 'x-rcm-notice': id } = request?.headers ?? {};
    expect(signature).toBe(
      `v1=${createHmac('sha256', KEY)
        .update(`${String(timestamp)}.${request?.body}`)
        .digest('hex')}`,
    );
    expect(Math.abs(Number(timestamp) - Date.now() / 1000)).toBeLessThan(60);
    expect(id).toBe('0190d5c2-0000-7000-8000-000000000001');
    expect(JSON.parse(request?.body ?? '')).toMatchObject({ kind: 'blocked', endpoint: 'north-7', title: 'Rotation blocked: north-7' });
  });

  it('is signed with both keys while they are changed: a receiver that has either of them verifies it', async () => {
    const [before, after] = [new Secret(KEY), new Secret('canary-second-signing-key-0123456789abc')];
    const { got, channel } = await receiver(
      () => 204,
      [
        { id: '2', key: after },
        { id: '1', key: before },
      ],
    );
    await channel.send(outgoing(), AbortSignal.timeout(5_000));
    const { headers = {}, body = '' } = got[0] ?? {};
    const verifies = (key: Secret<string>) =>
      String(headers['x-rcm-signature'])
        .split(' ')
        .includes(
          `v1=${createHmac('sha256', key.reveal())
            .update(`${String(headers['x-rcm-timestamp'])}.${body}`)
            .digest('hex')}`,
        );
    expect([verifies(before), verifies(after), verifies(new Secret('another'))]).toEqual([true, true, false]);
    expect(headers['x-rcm-keys']).toBe('2 1');
  });

  it.each([500, 302, 404])('that answers %i has not taken it; the error shows neither token nor key', async (status) => {
    const { channel } = await receiver(() => status);
    const error = await channel.send(outgoing(), AbortSignal.timeout(5_000)).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(Error);
    expect((error as Error).message).not.toMatch(new RegExp(`${TOKEN}|${KEY}|127.0.0.1`));
  });

  it('that never answers ends with the deadline', async () => {
    const { channel } = await receiver(() => 'never');
    await expect(channel.send(outgoing(), AbortSignal.timeout(300))).rejects.toThrow('did not answer in time');
  });
});

describe('SNS', () => {
  it('gets the format of AWS’s chat application', async () => {
    const aws = await startLocalAws();
    closing.push(() => aws.close());
    process.env.AWS_ACCESS_KEY_ID = aws.credentials.accessKeyId;
    process.env.AWS_SECRET_ACCESS_KEY = aws.credentials.secretAccessKey;
    const admin = new SNSClient({ region: aws.region, endpoint: aws.endpoint });
    const { TopicArn = '' } = await admin.send(new CreateTopicCommand({ Name: 'rotation' }));
    admin.destroy();
    const channel = snsChannel({ topicArn: TopicArn, region: aws.region, endpoint: aws.endpoint });
    closing.push(() => channel.close());
    await channel.send(outgoing(), AbortSignal.timeout(5_000));
    const [published] = aws.published();
    expect(JSON.parse(published?.message ?? '')).toMatchObject({
      version: '1.0',
      source: 'custom',
      content: {
        textType: 'client-markdown',
        title: 'Rotation blocked: north-7',
        nextSteps: [
          expect.any(String),
          expect.any(String),
          expect.stringContaining('--accept found'),
          expect.stringContaining('--accept current|staged|typed'),
        ],
      },
      metadata: { threadId: 'north-7', eventType: 'rotation.blocked' },
    });
    const missing = snsChannel({ topicArn: `${TopicArn}-gone`, region: aws.region, endpoint: aws.endpoint });
    closing.push(() => missing.close());
    await expect(missing.send(outgoing(), AbortSignal.timeout(5_000))).rejects.toThrow('SNS did not take it');
  });
});

describe('the log', () => {
  it('has every word of it', async () => {
    const destination = new PassThrough();
    let line = '';
    destination.on('data', (chunk: Buffer) => void (line += chunk.toString()));
    await logChannel(createLogger({ name: 'test', destination })).send(outgoing(), AbortSignal.timeout(1_000));
    expect(JSON.parse(line)).toMatchObject({
      notice: 'blocked',
      endpointId: 'north-7',
      msg: 'Rotation blocked: north-7',
      todo: [expect.any(String), expect.any(String), expect.any(String), expect.any(String)],
    });
  });
});
