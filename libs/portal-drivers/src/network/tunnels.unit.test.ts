import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { PassThrough } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { Destination } from './session-addresses.ts';
import { Tunnels } from './tunnels.ts';

const open: Socket[] = [];
let tunnels: Tunnels;
beforeEach(() => {
  // Only the clock that says how long nothing has passed; a wait takes its real time.
  vi.useFakeTimers({ toFake: ['performance'] });
  tunnels = new Tunnels();
});
afterEach(() => {
  vi.useRealTimers();
  for (const socket of open.splice(0)) socket.destroy();
});

/** Both ends of a connection on loopback. */
async function connection(): Promise<{ readonly near: Socket; readonly far: Socket }> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const far = connect((server.address() as AddressInfo).port, '127.0.0.1');
  const [near] = (await once(server, 'connection')) as [Socket];
  server.close();
  open.push(near, far);
  return { near, far };
}

const PORTAL: Destination = { host: 'portal.example.test', name: 'portal.example.test', address: 'public', receives: true };
const ASSETS: Destination = { ...PORTAL, host: 'assets.example.test', name: 'assets.example.test', receives: false };

async function tunnel(destination = PORTAL) {
  const [browser, portal] = [await connection(), await connection()];
  const valve = new PassThrough();
  browser.near.pipe(valve);
  tunnels.follow(tunnels.begin(browser.near, destination), { valve, portal: portal.near });
  const pass = async ({ near, far }: typeof browser, bytes = 1): Promise<void> => {
    far.write('x'.repeat(bytes));
    await once(near, 'data');
  };
  /** What comes from the browser is kept until it is let go. */
  const hold = (): (() => void) => {
    valve.pause();
    valve.emit('held');
    return () => valve.resume();
  };
  const breaks = async (): Promise<void> => {
    browser.far.destroy();
    await once(browser.near, 'close');
  };
  return { breaks, isCut: () => browser.near.destroyed, fromBrowser: (bytes?: number) => pass(browser, bytes), fromPortal: () => pass(portal), hold };
}

it('cuts at once what has been quiet since the portal answered', async () => {
  const answered = await tunnel();
  await answered.fromPortal();
  vi.advanceTimersByTime(30);
  const cut = tunnels.cutQuiet();
  expect(answered.isCut()).toBe(true);
  await cut;
});

it('waits for what is busy, and cuts it where it has become quiet', async () => {
  const busy = await tunnel();
  await busy.fromPortal();
  const cut = tunnels.cutQuiet();
  vi.advanceTimersByTime(30);
  expect(busy.isCut()).toBe(false);
  await cut;
  expect(busy.isCut()).toBe(true);
});

it('does not cut what is still busy, nor what waits for the portal', async () => {
  const [waiting, busy] = [await tunnel(), await tunnel()];
  await waiting.fromPortal();
  await waiting.fromBrowser();
  vi.advanceTimersByTime(29);
  await busy.fromPortal();
  vi.advanceTimersByTime(29);
  await tunnels.cutQuiet();
  expect([waiting.isCut(), busy.isCut()]).toEqual([false, false]);
});

it('does not cut what the browser used since it sent what has no answer yet', async () => {
  const [before, since] = [await tunnel(), await tunnel()];
  await before.fromBrowser();
  vi.advanceTimersByTime(1);
  const sent = performance.now();
  await since.fromBrowser();
  for (const { fromPortal } of [before, since]) await fromPortal();
  vi.advanceTimersByTime(30);
  await tunnels.cutQuiet(sent);
  expect([before.isCut(), since.isCut()]).toEqual([true, false]);
});

it('does not cut what holds something, whatever the portal sends meanwhile', async () => {
  const held = await tunnel();
  held.hold();
  await held.fromBrowser();
  await held.fromPortal();
  vi.advanceTimersByTime(30);
  await tunnels.cutQuiet();
  expect(held.isCut()).toBe(false);
});

it('waits for the portal’s answer to what was held, and cuts the tunnel behind it', async () => {
  const held = await tunnel();
  const letGo = held.hold();
  await held.fromBrowser();
  letGo();
  const cut = tunnels.cutQuiet();
  await pause(200);
  expect(held.isCut()).toBe(false);
  await held.fromPortal();
  vi.advanceTimersByTime(30);
  await cut;
  expect(held.isCut()).toBe(true);
});

it('waits a second for an answer that does not come, and not a second time', async () => {
  const held = await tunnel();
  const letGo = held.hold();
  await held.fromBrowser();
  letGo();
  const { hrtime } = process;
  const [start, first] = [hrtime.bigint(), tunnels.cutQuiet()];
  await first;
  const between = hrtime.bigint();
  vi.advanceTimersByTime(30);
  await tunnels.cutQuiet();
  expect(Number(between - start) / 1e6).toBeGreaterThan(900);
  expect(held.isCut()).toBe(false);
});

it('cuts what leads to a host that may not receive what is typed, busy or not, and nothing else', async () => {
  const [receiving, other] = [await tunnel(), await tunnel(ASSETS)];
  await other.fromBrowser();
  tunnels.cutOthers();
  expect([receiving.isCut(), other.isCut()]).toEqual([false, true]);
});

it('knows what was lost: what was used since is gone, and nothing else was used since or is yet to be used', async () => {
  const [carried, other] = [await tunnel(), await tunnel()];
  await other.fromBrowser();
  vi.advanceTimersByTime(5);
  const sent = performance.now();
  expect(tunnels.hasLost(PORTAL, sent)).toBe(false);
  await carried.fromBrowser();
  await carried.fromPortal();
  await carried.fromBrowser(100);
  await carried.breaks();
  expect(tunnels.hasLost(PORTAL, sent)).toBe(true);
  expect(tunnels.hasLost(ASSETS, sent)).toBe(false);
  expect(tunnels.hasLost(PORTAL, sent + 1)).toBe(false);
  const { near } = await connection();
  tunnels.begin(near, PORTAL);
  expect(tunnels.hasLost(PORTAL, sent)).toBe(false);
  near.destroy();
  await once(near, 'close');
  expect(tunnels.hasLost(PORTAL, sent)).toBe(true);
  await other.fromBrowser();
  expect(tunnels.hasLost(PORTAL, sent)).toBe(false);
});

it('takes nothing for lost where the browser refuses a handshake: it only begins anew', async () => {
  const sent = performance.now();
  const refused = await tunnel();
  await refused.fromBrowser(1800);
  await refused.fromPortal();
  await refused.fromBrowser(30);
  await refused.breaks();
  expect(tunnels.hasLost(PORTAL, sent)).toBe(false);
});

it('takes nothing for lost that has not begun to leave: a tunnel that ends before it was used', async () => {
  const sent = performance.now();
  const { near, far } = await connection();
  tunnels.begin(near, PORTAL);
  far.destroy();
  await once(near.resume(), 'close');
  expect(tunnels.hasLost(PORTAL, sent)).toBe(false);
});
