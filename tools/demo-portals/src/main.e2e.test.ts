import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { createInterface } from 'node:readline';
import { isLongForm } from '@rcm/test-services';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { DemoPortals } from './demo-portals.ts';
import { controlClient, type ControlClient } from './testing/control.fixture.ts';
import { guestAt, type Guest } from './testing/guests.fixture.ts';
import { GOOD } from './testing/portals.fixture.ts';
import { lastingPorts } from './testing/ports.fixture.ts';

const MAIN = join(import.meta.dirname, 'main.ts');
const PATIENT = { timeout: 10_000 };
const started: ChildProcess[] = [];
let folder = '';

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'demo-portals-'));
});
afterEach(async () => {
  for (const child of started.splice(0)) child.kill('SIGKILL');
  await rm(folder, { recursive: true, maxRetries: 3 });
});

interface Running {
  readonly child: ChildProcess;
  readonly ready: Pick<DemoPortals, 'portals' | 'control'>;
  readonly control: ControlClient;
}

async function start(...more: readonly string[]): Promise<Running> {
  const child = spawn(process.execPath, [MAIN, '--data-file', join(folder, 'portals.db'), ...more], { stdio: ['ignore', 'pipe', 'inherit'] });
  started.push(child);
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
  const ready = JSON.parse(line) as Running['ready'];
  const control = controlClient(ready.control.baseUrl);
  // Connections kept from a process that was killed are noticed by the first request.
  await vi.waitFor(() => control.figures(), PATIENT);
  return { child, ready, control };
}

/** For whoever starts again on the same data file, which remembers the ports. */
const startOnLastingPorts = async (): Promise<Running> =>
  start(...Object.entries(await lastingPorts()).flatMap(([name, port]) => [`--port-${name}`, String(port)]));

async function kill({ child }: Running, signal: NodeJS.Signals): Promise<{ code: number | null; ms: number }> {
  const from = performance.now();
  const ended = once(child, 'exit');
  child.kill(signal);
  return { code: ((await ended) as [number | null])[0], ms: performance.now() - from };
}

/** Runs to its end; what it said on stderr and how it ended. */
async function runToEnd(...args: readonly string[]): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const child = spawn(process.execPath, [MAIN, ...args]);
  started.push(child);
  const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit') as Promise<[number | null]>]);
  return { code, stdout, stderr };
}

describe('the process', () => {
  test('loses nothing it answered when it is killed in the middle of work, and comes back on the same ports', async () => {
    const [first, second] = GOOD.alpine;
    let running = await startOnLastingPorts();
    const ready = running.ready;
    await running.control.seed({ portal: 'alpine', username: 'anna', password: first });
    let guest: Guest = guestAt('alpine', ready.portals.alpine.baseUrl);
    await guest.login('anna', first);
    let [present, next] = [first, second];
    let changed = 0;
    for (let round = 0; round < (isLongForm() ? 4 : 2); round++) {
      // The answer is out, the process dies at once: what was answered must hold.
      expect(await guest.change(present, next)).toBe('changed');
      changed++;
      const { visitor } = guest;
      await guestAt('alpine', ready.portals.alpine.baseUrl).login('nobody', 'wrong');
      await kill(running, 'SIGKILL');
      running = await start();
      expect(running.ready).toEqual(ready);
      expect(await running.control.accepts('alpine', 'anna', next)).toBe(true);
      expect(await running.control.figures()).toMatchObject({ passwordsChanged: changed, loginsRejected: changed, loginsAccepted: 1 });
      guest = guestAt('alpine', ready.portals.alpine.baseUrl);
      for (const [name, value] of visitor.cookies) guest.visitor.cookies.set(name, value);
      expect(await vi.waitFor(() => guest.isIn(), PATIENT)).toBe(true);
      [present, next] = [next, present];
    }
  });

  test('killed while changes run: the figure and the password agree', async () => {
    const [first, second] = GOOD.alpine;
    let running = await startOnLastingPorts();
    const { baseUrl } = running.ready.portals.alpine;
    await running.control.seed({ portal: 'alpine', username: 'anna', password: first });
    const guest = guestAt('alpine', baseUrl);
    await guest.login('anna', first);
    for (const delayMs of isLongForm() ? [0, 15, 30, 45] : [0, 30]) {
      const { passwordsChanged: before } = await running.control.figures();
      const present = (await running.control.accepts('alpine', 'anna', first)) ? first : second;
      const next = present === first ? second : first;
      const change = guest.change(present, next).catch(() => 'cut');
      await new Promise((resolve) => setTimeout(resolve, delayMs));
      await kill(running, 'SIGKILL');
      await change;
      running = await start();
      const { passwordsChanged } = await running.control.figures();
      expect(await running.control.accepts('alpine', 'anna', passwordsChanged === before ? present : next)).toBe(true);
      await vi.waitFor(() => guest.isIn(), PATIENT);
    }
  });

  test.each(isLongForm() ? (['SIGTERM', 'SIGINT'] as const) : (['SIGTERM'] as const))(
    'ends quickly and with 0 on %s, even while a page is slow',
    async (signal) => {
      const running = await start();
      await running.control.fault('cascade', 'slow', { delayMs: 600_000 });
      const page = fetch(running.ready.portals.cascade.baseUrl).catch(() => 'cut');
      await new Promise((resolve) => setTimeout(resolve, 200));
      const { code, ms } = await kill(running, signal);
      expect(code).toBe(0);
      expect(ms).toBeLessThan(20_000);
      expect(await page).toBe('cut');
    },
  );

  test('ends with whoever started it where there is a channel to tell', async () => {
    const child = spawn(process.execPath, [MAIN], { stdio: ['ignore', 'pipe', 'inherit', 'ipc'] });
    started.push(child);
    await once(createInterface(child.stdout as NodeJS.ReadableStream), 'line');
    child.disconnect();
    expect(await once(child, 'exit')).toEqual([0, null]);
  });
});

describe('what cannot work is said in one sentence', () => {
  test('a busy port: exit 1', async () => {
    const squatter = createServer().listen(0, '127.0.0.1');
    await once(squatter, 'listening');
    const { port } = squatter.address() as { port: number };
    expect(await runToEnd('--port-borealis', String(port))).toEqual({ code: 1, stdout: '', stderr: `Port ${port} for borealis is already in use.\n` });
    squatter.close();
  });

  test('a data file that cannot be made: exit 1', async () => {
    const file = join(folder, 'no', 'such', 'portals.db');
    expect(await runToEnd('--data-file', file)).toEqual({
      code: 1,
      stdout: '',
      stderr: `The data file ${file} cannot be used: it cannot be opened or made there.\n`,
    });
  });

  const wrong = [[['--port-alpine', 'x']], [['--nonsense']], [['--port-alpine', '70000']], [['extra']]];

  test.each(wrong.slice(0, isLongForm() ? 4 : 2))('wrong usage %j: exit 2', async (args) => {
    const { code, stdout, stderr } = await runToEnd(...args);
    expect({ code, stdout, lines: stderr.trim().split('\n').length }).toEqual({ code: 2, stdout: '', lines: 1 });
  });

  test('--help: exit 0', async () => {
    expect(await runToEnd('--help')).toMatchObject({ code: 0, stderr: '', stdout: expect.stringContaining('--port-control <port>') });
  });
});
