import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { startOf } from './process-life.mjs';

const WATCH_PARENT = join(import.meta.dirname, 'watch-parent.mjs');
// It looks four times a second; the rest is a busy machine.
const NOTICED_MS = 20_000;
const TIMEOUT_MS = 60_000;

let folder: string;
const started: ChildProcess[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rcm-watch-'));
});

afterEach(() => {
  for (const child of started.splice(0)) child.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

/** A program that stays, writes its number to `pid`, and `stopped` when it is asked to end. */
function stayer(): string {
  const file = join(folder, 'stayer.mjs');
  const told = JSON.stringify(folder);
  writeFileSync(
    file,
    `import { writeFileSync } from 'node:fs';
    process.on('SIGTERM', () => { writeFileSync(${told} + '/stopped', ''); process.exit(0); });
    setInterval(() => {}, 1000);
    writeFileSync(${told} + '/pid', String(process.pid));`,
  );
  return file;
}

async function until<T>(what: () => T | null | undefined | false): Promise<T> {
  const end = Date.now() + NOTICED_MS;
  for (;;) {
    const got = what();
    if (got) return got;
    if (Date.now() > end) throw new Error('it did not happen in time');
    await sleep(20);
  }
}

function textOf(name: string): string | null {
  try {
    return readFileSync(join(folder, name), 'utf8');
  } catch {
    return null;
  }
}

function start(args: string[], env: NodeJS.ProcessEnv = {}): ChildProcess {
  const child = spawn(process.execPath, args, { stdio: 'ignore', env: { ...process.env, ...env } });
  started.push(child);
  return child;
}

test('a process whose parent is killed is asked to stop, and stops', { timeout: TIMEOUT_MS }, async () => {
  const parent = join(folder, 'parent.mjs');
  writeFileSync(
    parent,
    `import { spawn } from 'node:child_process';
    spawn(process.execPath, ['--import', ${JSON.stringify(WATCH_PARENT)}, ${JSON.stringify(stayer())}], { stdio: 'ignore' });
    setInterval(() => {}, 1000);`,
  );
  const killed = start([parent]);
  const pid = Number(await until(() => textOf('pid')));
  killed.kill('SIGKILL');
  await until(() => textOf('stopped') !== null);
  await until(() => startOf(pid) === null);
});

test('a process whose parent number now belongs to another process is asked to stop', { timeout: TIMEOUT_MS }, async () => {
  const child = start(['--import', WATCH_PARENT, stayer()], { RCM_PARENT_PID: String(process.pid), RCM_PARENT_START: '1' });
  await once(child, 'exit');
  expect(textOf('stopped')).toBe('');
});

test('a process whose parent lives is left alone and its own children are not told of it', { timeout: TIMEOUT_MS }, async () => {
  const file = join(folder, 'env.mjs');
  writeFileSync(
    file,
    `import { writeFileSync } from 'node:fs';
    setTimeout(() => writeFileSync(${JSON.stringify(folder)} + '/env', String(process.env.RCM_PARENT_PID)), 700);`,
  );
  const child = start(['--import', WATCH_PARENT, file], { RCM_PARENT_PID: String(process.pid), RCM_PARENT_START: startOf(process.pid) ?? '' });
  const [code] = (await once(child, 'exit')) as [number];
  expect({ code, env: textOf('env') }).toEqual({ code: 0, env: 'undefined' });
});
