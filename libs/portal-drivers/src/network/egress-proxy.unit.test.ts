import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EgressProxy, REPEATED } from './egress-proxy.ts';
import { declaredOrigins, type Origins } from './origins.ts';
import { Passage } from './passage.ts';
import { createSessionAddresses, type LookupAddresses } from './session-addresses.ts';
import { Tunnels } from './tunnels.ts';
import { Unanswered } from './unanswered.ts';

interface Host {
  readonly port: number;
  readonly connections: readonly Socket[];
}

const CUT_MS = 30_000;

const toClose: (() => unknown)[] = [];
let portal: Host;
let assets: Host;
let origins: Origins;
let passage: Passage;
let tunnels: Tunnels;
let unanswered: Unanswered;
let blocked: string[];
beforeEach(async () => {
  [portal, assets] = [await host(), await host()];
  passage = new Passage();
  tunnels = new Tunnels();
  unanswered = new Unanswered(tunnels);
  blocked = [];
});
afterEach(async () => {
  for (const close of toClose.splice(0).toReversed()) await close();
});

async function host(): Promise<Host> {
  const connections: Socket[] = [];
  const server = createServer((socket) => connections.push(socket.on('error', () => undefined)));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  toClose.push(() => {
    for (const socket of connections) socket.destroy();
    server.close();
  });
  return { port: (server.address() as AddressInfo).port, connections };
}

/** Of a portal whose second host, `assets.example.test`, may not receive what is typed. */
async function proxyFor(lookup: LookupAddresses = () => Promise.resolve([{ address: '127.0.0.1', family: 4 }])): Promise<EgressProxy> {
  const [first, second] = [`portal.example.test:${portal.port}`, `assets.example.test:${assets.port}`];
  origins = declaredOrigins({
    baseUrl: `http://${first}`,
    hosts: [first, second].map((name) => ({ host: name, address: 'loopback' })),
    receiving: [first],
    plaintextAllowed: true,
  });
  const proxy = await EgressProxy.start({
    origins,
    addresses: createSessionAddresses({ lookup }),
    passage,
    tunnels,
    unanswered,
    onBlocked: (origin, reason) => blocked.push(reason === undefined ? origin : `${origin}: ${reason}`),
  });
  toClose.push(() => proxy.close());
  return proxy;
}

/** Fails after a time in which a proxy that cuts has long done so. */
const cutOf = (socket: Socket): Promise<unknown> => once(socket, 'close', { signal: AbortSignal.timeout(CUT_MS) });

/** A connection of a browser to its proxy that sends these lines. */
function browser(proxy: EgressProxy, ...lines: string[]): Socket {
  const socket = connect(Number(new URL(proxy.server).port), '127.0.0.1');
  socket.on('error', () => undefined);
  socket.write([...lines, '', ''].join('\r\n'));
  toClose.push(() => socket.destroy());
  return socket;
}

async function tunnelTo(proxy: EgressProxy, name: string): Promise<Socket> {
  const socket = browser(proxy, `CONNECT ${name} HTTP/1.1`, `Host: ${name}`);
  expect(String((await once(socket, 'data'))[0])).toContain('200 Connection established');
  return socket;
}

it('sends nothing without TLS that was asked for with it', async () => {
  const name = `portal.example.test:${portal.port}`;
  await cutOf(browser(await proxyFor(), `GET https://${name}/ HTTP/1.1`, `Host: ${name}`));
  expect(blocked).toEqual([`https://${name}`]);
  expect(portal.connections).toEqual([]);
});

it('cuts the tunnels to a host that may not receive what is typed, and leaves the others', async () => {
  const proxy = await proxyFor();
  const kept = await tunnelTo(proxy, `portal.example.test:${portal.port}`);
  const cut = await tunnelTo(proxy, `assets.example.test:${assets.port}`);
  proxy.cutOthers();
  await cutOf(cut);
  expect(kept.destroyed).toBe(false);
});

it.each([
  ['a tunnel', (name: string) => [`CONNECT ${name} HTTP/1.1`, `Host: ${name}`]],
  ['plain HTTP', (name: string) => [`GET http://${name}/ HTTP/1.1`, `Host: ${name}`]],
])('connects by %s to no host that may not receive a secret that was typed while its name was looked up', async (_way, lines) => {
  const lookup = Promise.withResolvers<undefined>();
  const asked = Promise.withResolvers<undefined>();
  const proxy = await proxyFor(async () => {
    asked.resolve(undefined);
    await lookup.promise;
    return [{ address: '127.0.0.1', family: 4 }];
  });
  const socket = browser(proxy, ...lines(`assets.example.test:${assets.port}`));
  await asked.promise;
  passage.noteTyped();
  lookup.resolve(undefined);
  await cutOf(socket);
  expect(assets.connections).toEqual([]);
});

describe('a tunnel that breaks once something was sent in it', () => {
  let proxy: EgressProxy;
  let name: string;
  let answered: PromiseWithResolvers<undefined>;
  beforeEach(async () => {
    [proxy, name, answered] = [await proxyFor(), `portal.example.test:${portal.port}`, Promise.withResolvers()];
    const before = await tunnelTo(proxy, name);
    unanswered.note({ destination: origins.behind(`https://${name}`), ofWorker: null, looks: [] }, answered.promise);
    const ended = portal.connections[0] ?? expect.unreachable();
    ended.write('a handshake');
    await once(before, 'data');
    before.write('a submit, which is longer than any refusal of a handshake');
    await once(ended, 'data');
    ended.destroy();
    await cutOf(before);
  });

  it('is followed by no other one, in which it would be sent again', async () => {
    await cutOf(browser(proxy, `CONNECT ${name} HTTP/1.1`, `Host: ${name}`));
    expect(portal.connections).toHaveLength(1);
    expect(blocked).toEqual([`${name}: ${REPEATED}`]);
  });

  it('is followed by another one where its answer is heard of a little later', async () => {
    const next = tunnelTo(proxy, name);
    setTimeout(() => answered.resolve(undefined), 50);
    await next;
    expect(blocked).toEqual([]);
  });

  it('is followed by another one where there is nobody who waits any more', async () => {
    unanswered.clear();
    await tunnelTo(proxy, name);
  });
});

it.each(['HTTP/1.1 200 O\u0001K', 'HTTP/1.1 000 None', 'HTTP/1.1 099 Few'])('passes on no answer that says what none may say: %j', async (said) => {
  const name = `portal.example.test:${portal.port}`;
  const socket = browser(await proxyFor(), `GET http://${name}/ HTTP/1.1`, `Host: ${name}`);
  await expect.poll(() => portal.connections.length, { timeout: CUT_MS }).toBe(1);
  portal.connections[0]?.write([said, 'content-length: 2', '', 'ok'].join('\r\n'));
  await cutOf(socket);
  expect(socket.bytesRead).toBe(0);
});

it('leaves no connection when it is closed', async () => {
  const proxy = await proxyFor();
  const tunnel = await tunnelTo(proxy, `portal.example.test:${portal.port}`);
  const ended = [tunnel, ...portal.connections].map(cutOf);
  await proxy.close();
  await Promise.all(ended);
});
