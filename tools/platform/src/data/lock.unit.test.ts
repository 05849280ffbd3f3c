import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { identify, processStart } from '../processes/identity.ts';
import { takeLock } from './lock.ts';

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rcm-lock-test-'));
  path = join(folder, 'lock');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const impatient = { reactMs: 0, endMs: 300 };

describe('lock of a data folder', () => {
  it('is taken once, named in the refusal, and free after its release', async () => {
    const lock = await takeLock(path, folder);
    expect(lock.tookOver).toBe(false);
    await expect(takeLock(path, folder, impatient)).rejects.toThrow(`Another run (process ${process.pid}) is using ${folder}`);
    lock.release();
    expect(readdirSync(folder)).toEqual([]);
    (await takeLock(path, folder)).release();
  });

  it('is taken over from a process that is gone', async () => {
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
    writeFileSync(path, JSON.stringify(identify(child.pid!)));
    await expect(takeLock(path, folder, impatient)).rejects.toThrow(`process ${child.pid}`);
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await gone;
    const lock = await takeLock(path, folder, impatient);
    expect(lock.tookOver).toBe(true);
    expect(JSON.parse(readFileSync(path, 'utf8'))).toEqual(identify(process.pid));
    lock.release();
  });

  it('waits for a run that says it is ending, and not for ever', async () => {
    const ending = await takeLock(path, folder);
    ending.ending();
    await expect(takeLock(path, folder, impatient)).rejects.toThrow('Another run');
    const next = takeLock(path, folder, { reactMs: 0, endMs: 5_000 });
    setTimeout(() => ending.release(), 150);
    expect((await next).tookOver).toBe(false);
  });

  it('is taken over from a process whose number somebody else has by now', async () => {
    writeFileSync(path, JSON.stringify({ pid: process.pid, startedAt: `${processStart(process.pid)}0` }));
    expect((await takeLock(path, folder, impatient)).tookOver).toBe(true);
  });

  it('is taken over where the file says nothing, as after a full disk', async () => {
    writeFileSync(path, '');
    expect((await takeLock(path, folder, impatient)).tookOver).toBe(true);
  });

  it('does not take away a lock that is no longer its own', async () => {
    const lock = await takeLock(path, folder);
    writeFileSync(path, JSON.stringify({ pid: 1, startedAt: 'x' }));
    lock.ending();
    lock.release();
    expect(JSON.parse(readFileSync(path, 'utf8'))).toEqual({ pid: 1, startedAt: 'x' });
  });
});
