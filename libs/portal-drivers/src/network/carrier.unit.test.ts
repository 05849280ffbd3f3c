import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { brotliCompressSync } from 'node:zlib';
import { afterEach, expect, it } from 'vitest';
import { Carrier } from './carrier.ts';
import { createSessionAddresses } from './session-addresses.ts';

const open: Server[] = [];
afterEach(() => {
  for (const server of open.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

type Answer = (
  path: string,
  headers: Readonly<Record<string, unknown>>,
) => { readonly status?: number; readonly headers?: Record<string, string>; readonly body?: Buffer | string };

async function serving(answer: Answer, delayMs = 0) {
  let atOnce = 0;
  let most = 0;
  const server = createServer((request, response) => {
    most = Math.max(most, (atOnce += 1));
    response.on('close', () => (atOnce -= 1));
    const { status = 200, headers = {}, body = '' } = answer(request.url ?? '', request.headers);
    setTimeout(() => response.writeHead(status, headers).end(body), delayMs);
  });
  open.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const carrier = new Carrier(createSessionAddresses({}));
  const destination = { host, name: '127.0.0.1', address: 'loopback', receives: false } as const;
  const get = (path: string, headers = {}) => carrier.get(`http://${host}${path}`, destination, headers);
  return { get, destination, carrier, host, most: () => most };
}

it('passes on what names no one, and gives back what is not about the way it came', async () => {
  const heard: Readonly<Record<string, unknown>>[] = [];
  const { get } = await serving((_path, headers) => {
    heard.push(headers);
    return {
      headers: { 'content-type': 'text/javascript', 'set-cookie': 'id=1', 'content-encoding': 'br', 'access-control-allow-origin': '*' },
      body: brotliCompressSync('let a;'),
    };
  });
  const answer = await get('/a.js', { accept: '*/*', cookie: 'id=2', authorization: 'x', origin: 'https://portal.example' });
  expect([answer?.status, answer?.body.toString(), answer?.headers]).toEqual([
    200,
    'let a;',
    expect.objectContaining({ 'content-type': 'text/javascript', 'access-control-allow-origin': '*' }),
  ]);
  expect(Object.keys(answer?.headers ?? {})).not.toEqual(expect.arrayContaining(['set-cookie']));
  expect(heard[0]).toMatchObject({ accept: '*/*', origin: 'https://portal.example', 'accept-encoding': 'identity' });
  expect([heard[0]?.cookie, heard[0]?.authorization]).toEqual([undefined, undefined]);
});

it.each([
  ['a redirect', { status: 302, headers: { location: 'http://thief.example/' } }],
  ['what is larger than it may be', { body: Buffer.alloc(9 * 1024 * 1024) }],
  ['what unpacks to more than it may be', { headers: { 'content-encoding': 'br' }, body: brotliCompressSync(Buffer.alloc(9 * 1024 * 1024)) }],
  ['what is packed in an unknown way', { headers: { 'content-encoding': 'zstd' }, body: 'x' }],
])('gives nothing of %s', async (_what, answer) => {
  const { get } = await serving(() => answer);
  expect(await get('/')).toBeNull();
});

it('reaches no host that lies elsewhere than declared', async () => {
  const { carrier, host, destination } = await serving(() => ({ body: 'x' }));
  expect(await carrier.get(`http://${host}/`, { ...destination, address: 'public' }, {})).toBeNull();
});

it('asks for so many at once, and for the others in their turn', async () => {
  const { get, most } = await serving(() => ({ body: 'x' }), 50);
  const answers = await Promise.all(Array.from({ length: 120 }, (_, index) => get(`/${index}`)));
  expect(answers.every((answer) => answer?.status === 200)).toBe(true);
  expect(most()).toBeLessThanOrEqual(16);
});
