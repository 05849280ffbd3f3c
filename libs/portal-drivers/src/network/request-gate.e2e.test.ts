import { once } from 'node:events';
import { createServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { createLogger, Secret } from '@rcm/telemetry';
import type { Page } from 'playwright';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { type BlockedRequest, type BrowserPool, createBrowserPool, type GuardedContext, openGuardedContext } from '../index.ts';
import { createSecretMask } from '../secret-mask.ts';
import { certificate, trusting } from './certificate.fixture.ts';
import { EgressProxy } from './egress-proxy.ts';
import { InsideServer } from './inside-server.fixture.ts';

const CUT_MS = 30_000;
const identity = certificate();
const maskOf = (...values: string[]) => createSecretMask(values.map((value) => new Secret(value)));

let pool: BrowserPool;
let portal: InsideServer;
let assets: InsideServer;
let guarded: GuardedContext;
let page: Page;
let blocked: BlockedRequest[];

beforeAll(() => {
  pool = createBrowserPool({ maxContexts: 1, logger: createLogger({ name: 'test', level: 'silent' }), executablePath: process.env.RCM_CHROMIUM_PATH });
});
beforeEach(async () => {
  [portal, assets] = await Promise.all([InsideServer.start(), InsideServer.start()]);
});
afterEach(async () => {
  vi.restoreAllMocks();
  await guarded.close();
  await Promise.all([portal.close(), assets.close()]);
});
afterAll(() => pool.close());

/** Opens the portal's page; `others` may not receive what is typed. */
async function opened(...others: number[]): Promise<GuardedContext['requestGate']> {
  const [own, ...hosts] = [portal.port, ...others].map((port) => `127.0.0.1:${port}`);
  blocked = [];
  guarded = await openGuardedContext({
    baseUrl: `http://${own}`,
    hosts: [`${own}`, ...hosts].map((host) => ({ host, address: 'loopback' })),
    receiving: [`${own}`],
    browser: trusting(pool),
    signal: new AbortController().signal,
    onBlocked: (one) => blocked.push(one),
  });
  page = await guarded.context.newPage();
  await page.goto(`http://${own}/`);
  return guarded.requestGate;
}

interface Asked {
  readonly method?: string;
  readonly body?: string;
  readonly headers?: Record<string, string>;
}

/** Whether a request of the page got an answer. */
const asks = (url: string, init: Asked = {}): Promise<boolean> =>
  page.evaluate(
    async ([to, how]) =>
      fetch(to, how).then(
        () => true,
        () => false,
      ),
    [url, init] as const,
  );

it('holds what could carry a secret until the act is over, and nothing else', async () => {
  const gate = await opened();
  await guarded.context.addCookies([{ name: 'kept', value: 'pass-word', url: `http://127.0.0.1:${portal.port}/cookie/` }]);
  gate.hold(maskOf('pass-word'));
  const held = [
    asks('/address?pass-word'),
    asks('/header', { headers: { 'x-typed': 'pass-word' } }),
    asks('/cookie/'),
    asks('/body', { method: 'POST', body: 'x' }),
  ];
  expect(await asks('/nothing')).toBe(true);
  expect([gate.sent(), gate.shut()]).toEqual([false, false]);
  expect(await Promise.all(held)).toEqual([false, false, false, false]);
  expect(blocked.map(({ kind }) => kind).toSorted()).toEqual(['fetch (GET)', 'fetch (GET)', 'fetch (GET)', 'fetch (POST)']);
  expect(blocked.every(({ reason }) => reason?.startsWith('it was held'))).toBe(true);
  expect(await asks('/later')).toBe(false);
  expect(portal.reached.filter((one) => one !== 'connection')).toEqual(['GET /', 'GET /nothing']);
});

it('lets it leave at the release, knows that something left, and forgets that with the act', async () => {
  const gate = await opened();
  gate.hold(maskOf('pass-word'));
  const held = asks('/address?pass-word');
  expect(await asks('/nothing')).toBe(true);
  gate.release();
  expect([await held, gate.sent(), gate.shut(), await asks('/later')]).toEqual([true, true, true, false]);
  gate.reset();
  expect([gate.sent(), await asks('/after'), gate.sent()]).toEqual([false, true, false]);
});

it.each([
  [
    'ended',
    async (shut: () => void) => {
      await pause(10);
      shut();
    },
  ],
  [
    'was over by its time, as that of a process which was stopped',
    async (shut: () => void) => {
      const ready = pause(10);
      setTimeout(shut, 20);
      // The whole process stops, its timers too.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100);
      await ready;
    },
  ],
])('lets nothing leave whose act %s while its way was made free', async (_when, freshen) => {
  const gate = await opened();
  vi.spyOn(EgressProxy.prototype, 'freshen').mockImplementation(() => freshen(() => gate.shut()));
  gate.hold(maskOf('pass-word'));
  gate.release();
  expect(await asks('/body', { method: 'POST', body: 'pass-word' })).toBe(false);
  expect(portal.reached.filter((one) => one !== 'connection')).toEqual(['GET /']);
});

it('knows that something left where nothing was typed before the release', async () => {
  const gate = await opened();
  gate.release();
  expect([await asks('/sent'), gate.sent()]).toEqual([true, true]);
});

it('gives a host that may not receive what is typed nothing of this act nor of those before, and nothing at all once it is shut', async () => {
  const gate = await opened(assets.port);
  const at = (path: string) => `http://127.0.0.1:${assets.port}${path}`;
  gate.guard(maskOf('device-one'));
  gate.hold(maskOf('user-one'));
  gate.hold(maskOf('user-one', 'pass-one'));
  gate.reset();
  gate.hold(maskOf('pass-two'));
  for (const typed of ['device-one', 'user-one', 'pass-one', 'pass-two']) expect([typed, await asks(at(`/?${typed}`))]).toEqual([typed, false]);
  expect(await asks(at('/body'), { method: 'POST', body: 'x' })).toBe(false);
  expect(blocked.filter(({ reason }) => reason?.includes('may receive what is typed'))).toHaveLength(5);
  expect(await asks(at('/nothing'))).toBe(true);
  gate.shut();
  expect(await asks(at('/later'))).toBe(false);
  expect(assets.reached.filter((one) => one !== 'connection')).toEqual(['GET /nothing']);
});

it('lets nothing through to a host that is not declared, and tells of its origin alone', async () => {
  await opened();
  expect(await asks(`http://127.0.0.1:${assets.port}/path?query`)).toBe(false);
  expect(blocked).toEqual([{ origin: `http://127.0.0.1:${assets.port}`, kind: 'fetch' }]);
  expect(assets.reached).toEqual([]);
});

it.runIf(identity !== null).each(['hold', 'guard'] as const)('cuts what leads to a host that may not receive what is typed: %s', async (act) => {
  const sockets: Socket[] = [];
  const server = createServer(identity ?? {}, (_request, response) => response.setHeader('access-control-allow-origin', '*').end()).on(
    'connection',
    (socket: Socket) => sockets.push(socket),
  );
  // Otherwise it would end a connection that is not used by itself.
  server.keepAliveTimeout = 0;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    const { port } = server.address() as AddressInfo;
    const gate = await opened(port);
    expect(await asks(`https://127.0.0.1:${port}/`)).toBe(true);
    const open = sockets.filter(({ destroyed }) => !destroyed);
    expect(open.length).toBeGreaterThan(0);
    const cut = open.map((socket) => once(socket, 'close', { signal: AbortSignal.timeout(CUT_MS) }));
    gate[act](maskOf('pass-word'));
    await Promise.all(cut);
  } finally {
    server.closeAllConnections();
    server.close();
  }
});
