import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, chmodSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { backend } from '@rcm/test-services';
import { identify, isAlive, type ProcessIdentity } from '../processes/identity.ts';
import { openRoster, endLeftovers } from '../processes/roster.ts';
import { postmasterPid } from './orphan.ts';

// Each waits for several things of which one may take a minute on a busy machine.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 120_000 });

const STARTER = join(import.meta.dirname, 'watchdog-starter.fixture.ts');
let root: string;
let starter: ChildProcess | null = null;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'rcm-watchdog-test-'));
  chmodSync(root, 0o711);
});
afterEach(async () => {
  starter?.kill('SIGKILL');
  await until('leftovers are gone', async () => (await endLeftovers(join(root, 'roster.json'))) === 0);
  rmSync(root, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
});

async function until(what: string, holds: () => boolean | Promise<boolean>, withinMs = 60_000): Promise<void> {
  for (const end = Date.now() + withinMs; !(await holds()); void (await sleep(50))) if (Date.now() > end) throw new Error(`Not within ${withinMs} ms: ${what}`);
}

/** Starts a stand-in for the platform that starts the watchdog; gives the watchdog's and the server's identity once Postgres is up. */
async function startThroughStarter(): Promise<{ watchdog: ProcessIdentity; server: ProcessIdentity }> {
  let said = '';
  const child = spawn(process.execPath, [STARTER, root], { stdio: ['ignore', 'pipe', 'inherit'] });
  starter = child;
  child.stdout.setEncoding('utf8').on('data', (text: string) => (said += text));
  await until('Postgres is up', () => said.includes('\n'));
  const watchdog = identify((JSON.parse(said) as { pid: number }).pid);
  const server = identify(postmasterPid(join(root, 'postgres', 'postmaster.pid')) ?? 0);
  if (!watchdog || !server) throw new Error('watchdog or server is not there');
  return { watchdog, server };
}

const shutDownCleanly = () => readFileSync(join(root, 'logs', 'postgres.log'), 'utf8').includes('database system is shut down');

it.runIf(backend() === 'embedded')('stops Postgres cleanly when the platform is killed with SIGKILL (about the embedded server alone)', async () => {
  const { watchdog, server } = await startThroughStarter();
  expect(isAlive(server)).toBe(true);
  starter?.kill('SIGKILL');
  await until('watchdog and server are gone', () => !isAlive(watchdog) && !isAlive(server));
  expect(shutDownCleanly()).toBe(true);
});

it.runIf(backend() === 'embedded')('clears a server whose watchdog was killed too, and starts on the same data (about the embedded server alone)', async () => {
  const first = await startThroughStarter();
  process.kill(first.watchdog.pid, 'SIGKILL');
  starter?.kill('SIGKILL');
  await until('the watchdog is gone', () => !isAlive(first.watchdog));
  expect(isAlive(first.server)).toBe(true);
  const second = await startThroughStarter();
  expect(isAlive(first.server)).toBe(false);
  expect(isAlive(second.server)).toBe(true);
});

it.runIf(backend() === 'embedded')('ends what a killed run left before a new one starts (about the embedded server alone)', async () => {
  const { watchdog, server } = await startThroughStarter();
  starter?.kill('SIGKILL');
  expect(await endLeftovers(join(root, 'roster.json'))).toBe(1);
  expect(isAlive(watchdog) || isAlive(server)).toBe(false);
  openRoster(join(root, 'roster.json'));
  expect(await endLeftovers(join(root, 'roster.json'))).toBe(0);
});
