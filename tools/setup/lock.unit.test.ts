import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { alone } from './lock.mjs';

/** Processes that are started, on a machine that may be busy. */
const TIMEOUT_MS = 60_000;
const LOCK = join(import.meta.dirname, 'lock.mjs');
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rcm-lock-'));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A process that, alone, writes `+` to the log, waits, and writes `-`. */
function worker(waitMs: number) {
  const program = `
    import { appendFileSync } from 'node:fs';
    import { setTimeout as sleep } from 'node:timers/promises';
    import { alone } from ${JSON.stringify(LOCK)};
    const folder = ${JSON.stringify(folder)};
    await alone(async () => {
      appendFileSync(folder + '/log', '+');
      await sleep(${waitMs});
      appendFileSync(folder + '/log', '-');
    }, { folder });`;
  return spawn(process.execPath, ['--input-type=module', '-e', program], { stdio: 'ignore' });
}

const log = () => (existsSync(join(folder, 'log')) ? readFileSync(join(folder, 'log'), 'utf8') : '');

async function until(done: () => boolean): Promise<void> {
  for (const end = Date.now() + TIMEOUT_MS / 2; !done(); void (await sleep(10))) if (Date.now() > end) throw new Error('it did not happen in time');
}

test('processes that want the lock at once work one after the other', { timeout: TIMEOUT_MS }, async () => {
  const codes = await Promise.all([1, 2, 3, 4].map(async () => ((await once(worker(60), 'exit')) as [number])[0]));
  expect(codes).toEqual([0, 0, 0, 0]);
  expect(log()).toBe('+-+-+-+-');
  expect(existsSync(join(folder, 'lock'))).toBe(false);
});

test('the lock of a killed process is taken over by one of those who wait', { timeout: TIMEOUT_MS }, async () => {
  const killed = worker(60_000);
  await until(() => log() === '+');
  const waiting = [worker(20), worker(20), worker(20)].map((child) => once(child, 'exit'));
  await sleep(300);
  killed.kill('SIGKILL');
  await Promise.all(waiting);
  expect(log()).toBe('++-+-+-');
});

test('a lock whose number now belongs to another process counts as left behind', async () => {
  writeFileSync(join(folder, 'lock'), JSON.stringify({ pid: process.pid, start: '1' }));
  expect(await alone(async () => 'done', { folder })).toBe('done');
});

test('work that fails gives the lock back', async () => {
  await expect(alone(() => Promise.reject(new Error('broken')), { folder })).rejects.toThrow('broken');
  expect(await alone(async () => 'done', { folder })).toBe('done');
});
