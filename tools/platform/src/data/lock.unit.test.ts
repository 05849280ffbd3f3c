import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
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

describe('lock of a data folder', () => {
  it('is taken once, named in the refusal, and free after its release', () => {
    const lock = takeLock(path, folder);
    expect(lock.tookOver).toBe(false);
    expect(() => takeLock(path, folder)).toThrow(`Another run (process ${process.pid}) is using ${folder}`);
    lock.release();
    expect(readdirSync(folder)).toEqual([]);
    takeLock(path, folder).release();
  });

  it('is taken over from a process that is gone', async () => {
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
    writeFileSync(path, JSON.stringify(identify(child.pid!)));
    expect(() => takeLock(path, folder)).toThrow(`process ${child.pid}`);
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await gone;
    const lock = takeLock(path, folder);
    expect(lock.tookOver).toBe(true);
    expect(JSON.parse(readFileSync(path, 'utf8'))).toEqual(identify(process.pid));
    lock.release();
  });

  it('is taken over from a process whose number somebody else has by now', () => {
    writeFileSync(path, JSON.stringify({ pid: process.pid, startedAt: `${processStart(process.pid)}0` }));
    expect(takeLock(path, folder).tookOver).toBe(true);
  });

  it('is taken over where the file says nothing, as after a full disk', () => {
    writeFileSync(path, '');
    expect(takeLock(path, folder).tookOver).toBe(true);
  });

  it('does not take away a lock that is no longer its own', () => {
    const lock = takeLock(path, folder);
    writeFileSync(path, JSON.stringify({ pid: 1, startedAt: 'x' }));
    lock.release();
    expect(existsSync(path)).toBe(true);
  });
});
