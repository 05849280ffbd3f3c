import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { systemClock } from './clock.ts';
import { startDemoPortals } from './demo-portals.ts';
import { codeAt, GOOD, openPortals, SEED } from './testing/portals.fixture.ts';
import { lastingPorts } from './testing/ports.fixture.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'demo-portals-'));
});
afterEach(() => rm(folder, { recursive: true }));

const dataFile = (): string => join(folder, 'portals.db');

describe('with a data file', () => {
  test('a start goes on where the last one stopped: ports, sessions, used codes, lock, faults, habits, figures', async () => {
    const before = await openPortals({ dataFile: dataFile(), ports: await lastingPorts() });
    await before.control.seed({ portal: 'borealis', username: 'anna', password: GOOD.borealis[0], mfaSeed: SEED });
    await before.control.seed({ portal: 'alpine', username: 'anna', password: GOOD.alpine[0] });
    const guest = before.guest('borealis');
    const code = codeAt(before.clock.now());
    await guest.login('anna', GOOD.borealis[0], code);
    for (let tries = 0; tries < 3; tries++) await before.guest('alpine').login('anna', 'wrong');
    await before.control.fault('cascade', 'maintenance', { count: 7 });
    await before.control.habits('alpine', { cookieBanner: 'never' });
    const figures = await before.control.figures();
    const { portals, control } = before.demo;
    await before.demo.close();

    await using after = await openPortals({ dataFile: dataFile() });
    expect([after.demo.portals, after.demo.control]).toEqual([portals, control]);
    // The client has to notice first that its kept connections to these ports are dead.
    await vi.waitFor(() => Promise.all([guest.isIn(), after.control.figures()]), { timeout: 5_000 });
    expect(await guest.isIn()).toBe(true);
    expect(await after.guest('borealis').login('anna', GOOD.borealis[0], code)).toBe('code_rejected');
    expect(await after.control.account('alpine', 'anna')).toMatchObject({ locked: true });
    expect((await after.control.ask('GET', '/faults/cascade')).body).toMatchObject({ fault: 'maintenance', count: 7 });
    expect((await after.control.ask('GET', '/habits/alpine')).body).toMatchObject({ cookieBanner: 'never' });
    expect(await after.control.figures()).toMatchObject({
      loginsAccepted: figures.loginsAccepted,
      loginsRejected: figures.loginsRejected + 1,
      accountsLocked: 1,
    });
  });

  test('a port of the last time that is taken now is an error, and nothing stays open', async () => {
    const before = await startDemoPortals({ dataFile: dataFile(), ports: await lastingPorts() });
    const port = Number(new URL(before.portals.cascade.baseUrl).port);
    await before.close();
    const squatter = createServer().listen(port, '127.0.0.1');
    await once(squatter, 'listening');
    await expect(startDemoPortals({ dataFile: dataFile() })).rejects.toMatchObject({
      code: 'port_unavailable',
      message: `Port ${port}, which cascade had when its data file was last used, is already in use.`,
    });
    await new Promise((resolve) => squatter.close(resolve));
    const again = await startDemoPortals({ dataFile: dataFile() });
    expect(again.portals).toEqual(before.portals);
    await again.close();
  });

  test('two cannot hold one file', async () => {
    const first = await startDemoPortals({ dataFile: dataFile() });
    await expect(startDemoPortals({ dataFile: dataFile() })).rejects.toMatchObject({
      code: 'data_file_unusable',
      message: expect.stringContaining('another process holds it'),
    });
    await first.close();
  });

  test.each([
    ['a folder that is not there', () => join(folder, 'no', 'such.db'), 'it cannot be opened or made there'],
    ['something else', () => import.meta.filename, 'it is not a data file of the demo portals'],
  ])('a file in %s is an error in one sentence', async (_, file, reason) => {
    await expect(startDemoPortals({ dataFile: file() })).rejects.toMatchObject({
      code: 'data_file_unusable',
      message: `The data file ${file()} cannot be used: ${reason}.`,
    });
  });
});

test('closing does not wait for a slow page', async () => {
  const portals = await openPortals({ clock: systemClock });
  await portals.control.fault('alpine', 'slow', { delayMs: 480_000 });
  const page = fetch(portals.demo.portals.alpine.baseUrl).catch((error: Error) => error.message);
  await new Promise((resolve) => setTimeout(resolve, 100));
  const started = performance.now();
  await portals.demo.close();
  expect(performance.now() - started).toBeLessThan(8_000);
  expect(await page).toBe('fetch failed');
});

test('a port that is no port is refused', async () => {
  await expect(startDemoPortals({ ports: { alpine: 70_000 } })).rejects.toMatchObject({ code: 'input_invalid' });
});
