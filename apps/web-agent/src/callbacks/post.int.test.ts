import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { Secret } from '@rcm/telemetry';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { lookupAt, post } from './post.ts';
import type { Receiver } from './receiver.ts';
import { type Manners, startReceiver, type TestReceiver } from './receiver.fixture.ts';

let there: TestReceiver;
beforeAll(async () => void (there = await startReceiver()));
afterAll(() => there.close());
afterEach(() => there.behave('takes'));

const NEVER = new AbortController().signal;
const receiver = (rest: Partial<Receiver> = {}): Receiver => ({ url: new Secret(new URL(there.url)), keys: [], address: 'loopback', ca: there.ca, ...rest });
const send = (rest: Partial<Receiver> = {}, deadline = NEVER) => post({ receiver: receiver(rest), headers: { 'webhook-id': 'i' }, body: '{"ä":1}', deadline });
const at = (url: string): Partial<Receiver> => ({ url: new Secret(new URL(url)) });

test('one POST of that body and those headers, and its 2xx is enough', async () => {
  const before = there.told.length;
  expect(await send()).toBeNull();
  expect(there.told.slice(before)).toMatchObject([{ body: '{"ä":1}', headers: { 'webhook-id': 'i', 'content-type': 'application/json' } }]);
});

describe('a receiver is told apart that', () => {
  test.each<[Manners, object]>([
    [500, { reason: 'failed', status: 500 }],
    [404, { reason: 'refused', status: 404 }],
    [410, { reason: 'gone', status: 410 }],
    ['no http', { reason: 'broken_answer' }],
    ['breaks off', { reason: 'broken_answer' }],
    ['endless head', { reason: 'broken_answer' }],
  ])('answers %s', async (manners, failure) => {
    there.behave(manners);
    expect(await send()).toEqual(failure);
  });

  test.each([301, 302, 303, 307, 308])('sends it elsewhere (%i): it is not followed', async (status) => {
    there.behave(status);
    const before = there.told.length;
    expect(await send()).toEqual({ reason: 'redirected', status });
    expect(there.told).toHaveLength(before + 1);
  });

  test.each<['silent' | 'slow']>([['silent'], ['slow']])('is %s until the deadline', async (manners) => {
    there.behave(manners);
    expect(await send({}, there.deadline())).toEqual({ reason: manners });
  });

  test('is nobody, or has no name', async () => {
    expect(await send(at('https://127.0.0.1:1/'))).toEqual({ reason: 'unreachable' });
    expect(await send({ ...at('https://nobody.invalid/'), address: 'public' })).toEqual({ reason: 'unknown_name' });
  });

  test('is somebody else, by its certificate: nothing is sent', async () => {
    const before = there.told.length;
    expect(await send({ ca: undefined })).toEqual({ reason: 'untrusted' });
    expect(await send(at(`https://localhost:${there.port}/`))).toEqual({ reason: 'untrusted' });
    expect(there.told).toHaveLength(before);
  });

  test('speaks no TLS: nothing is sent', async () => {
    const asked: unknown[] = [];
    const plain = createServer((request) => void asked.push(request)).listen(0, '127.0.0.1');
    await once(plain, 'listening');
    expect(await send(at(`https://127.0.0.1:${(plain.address() as AddressInfo).port}/`))).toEqual({ reason: 'broken_answer' });
    plain.close();
    expect(asked).toEqual([]);
  });
});

test('a name that leads to another sort of address is not connected to', async () => {
  const before = there.told.length;
  for (const address of ['public', 'private'] as const)
    expect(await send({ ...at(`https://localhost:${there.port}/`), address })).toEqual({ reason: 'address_refused' });
  expect(there.told).toHaveLength(before);
});

describe('lookupAt', () => {
  type Resolver = NonNullable<Parameters<typeof lookupAt>[1]>;
  const asked = (sort: Receiver['address'], found: readonly string[]) =>
    new Promise((resolve) => {
      const resolver = ((_name: string, _options: unknown, done: (error: null, all: object[]) => void) =>
        done(
          null,
          found.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
        )) as unknown as Resolver;
      lookupAt(sort, resolver)('hooks.example', { all: true }, (error, addresses) => resolve(error ? error.code : addresses));
    });
  test.each<[Receiver['address'], string[], boolean]>([
    ['public', ['93.184.216.34'], true],
    ['public', ['93.184.216.34', '2606:2800:220:1:248:1893:25c8:1946'], true],
    ['public', ['93.184.216.34', '10.0.0.1'], false],
    ['public', ['127.0.0.1'], false],
    ['public', ['::ffff:127.0.0.1'], false],
    ['public', ['169.254.169.254'], false],
    ['private', ['10.0.0.1', 'fd00::1'], true],
    ['private', ['127.0.0.1'], false],
    ['private', ['169.254.169.254'], false],
    ['private', ['93.184.216.34'], false],
    ['loopback', ['169.254.170.2'], false],
  ])('of a %s receiver, %j: taken %s', async (sort, found, isTaken) => {
    expect(await asked(sort, found)).toEqual(isTaken ? found.map((address) => expect.objectContaining({ address }) as object) : 'RCM_ADDRESS_REFUSED');
  });
});
