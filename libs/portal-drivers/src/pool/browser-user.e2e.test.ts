import { readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { userInfo } from 'node:os';
import { createLogger } from '@rcm/telemetry';
import { afterEach, expect, it } from 'vitest';
import { type BrowserPool, createBrowserPool } from './browser-pool.ts';
import type { BrowserPoolOptions } from './pool-options.ts';
import { browserProcesses } from './browser-processes.fixture.ts';

const isRoot = process.platform === 'linux' && process.getuid?.() === 0;
const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

function poolOf(options: Partial<BrowserPoolOptions>): { readonly pool: BrowserPool; readonly said: () => string } {
  let said = '';
  const logger = createLogger({ name: 'test', level: 'info', destination: { write: (line) => void (said += line) } });
  const pool = createBrowserPool({ maxContexts: 1, logger, executablePath: process.env.RCM_CHROMIUM_PATH, ...options });
  closing.push(() => pool.close());
  return { pool, said: () => said };
}

/** Opens a page of a server on loopback; what the kernel knows of the browser's processes then. */
async function processesOf(pool: BrowserPool) {
  const server = createServer((_request, response) => response.end('<title>A page</title>'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing.push(() => server.close());
  const before = browserProcesses();
  const { context } = await pool.openContext({ context: {}, signal: new AbortController().signal });
  const page = await context.newPage();
  await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  expect(await page.title()).toBe('A page');
  const main = browserProcesses().find((pid) => !before.includes(pid)) ?? 0;
  return [main, ...below(main)].map((pid) => ({
    pid,
    user: Number(/^Uid:\s+(\d+)/m.exec(read(pid, 'status'))?.[1]),
    filtered: /^Seccomp:\s+2$/m.test(read(pid, 'status')),
    // A process that Chromium forks writes its line anew, with blanks.
    line: read(pid, 'cmdline').split(/[\0 ]/),
    environment: read(pid, 'environ').split('\0'),
  }));
}
const isPage = ({ line }: { readonly line: readonly string[] }) => line.includes('--type=renderer');

it.runIf(isRoot)('starts the browser as another user, with its sandbox, and with nothing of this process in its environment', async () => {
  const { pool, said } = poolOf({ user: 'nobody', sandbox: true });
  const processes = await processesOf(pool);
  const nobody = Number(/^nobody:[^:]*:(\d+)/m.exec(readFileSync('/etc/passwd', 'utf8'))?.[1]);
  expect(processes.map(({ user }) => user)).toEqual(processes.map(() => nobody));
  expect(processes.filter(({ line }) => line.includes('--no-sandbox'))).toEqual([]);
  const pages = processes.filter(isPage);
  expect(pages.length).toBeGreaterThan(0);
  // The kernel filters what a page's process may ask of it: that is the sandbox.
  expect(pages.map(({ filtered }) => filtered)).toEqual(pages.map(() => true));
  const names = processes.flatMap(({ environment }) => environment.map((entry) => entry.split('=')[0] ?? ''));
  expect(names.filter((name) => /^(RCM_|AWS_|VITEST|NODE)/.test(name))).toEqual([]);
  expect(said()).not.toContain('without its sandbox');
});

it.runIf(isRoot)('says it at each start of a browser that has no sandbox', async () => {
  const { pool, said } = poolOf({});
  const processes = await processesOf(pool);
  expect(processes.map(({ user }) => user)).toEqual(processes.map(() => userInfo().uid));
  expect(said()).toContain('Chromium runs without its sandbox');
});

it.runIf(isRoot)('does not start as a user that is not there', async () => {
  const { pool } = poolOf({ user: 'nobody-of-this-name' });
  const opened = pool.openContext({ context: {}, signal: new AbortController().signal });
  await expect(opened).rejects.toThrow('as nobody-of-this-name, who must be able to read it');
});

function below(pid: number): number[] {
  const children = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(/^PPid:\s+(\d+)/m.exec(read(Number(name), 'status'))?.[1]) === pid)
    .map(Number);
  return children.flatMap((child) => [child, ...below(child)]);
}

function read(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return '';
  }
}
