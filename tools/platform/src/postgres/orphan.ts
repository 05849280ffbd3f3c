import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '@rcm/telemetry';
import { processStart } from '../processes/identity.ts';

const FAST_MS = 15_000;
const IMMEDIATE_MS = 5_000;
const LOOK_EVERY_MS = 50;

/**
 * A server that outlived its watchdog blocks the next start. It is stopped (SIGINT: fast; then SIGQUIT: at once, recovered at the
 * next start), and a postmaster.pid whose process is gone or somebody else's is removed. Returns whether a server was stopped.
 */
export async function clearOrphan(databaseDir: string): Promise<boolean> {
  const pidFile = join(databaseDir, 'postmaster.pid');
  const pid = postmasterPid(pidFile);
  const started = pid === null ? null : processStart(pid);
  let stopped = false;
  if (pid !== null && started !== null && servesFolder(pid, databaseDir)) {
    const gone = () => processStart(pid) !== started;
    stopped = true;
    if (!(await stopBy('SIGINT', pid, gone, FAST_MS))) await stopBy('SIGQUIT', pid, gone, IMMEDIATE_MS);
  }
  rmSync(pidFile, { force: true });
  return stopped;
}

export function postmasterPid(pidFile: string): number | null {
  try {
    const pid = Number(readFileSync(pidFile, 'utf8').split('\n')[0]);
    return Number.isSafeInteger(pid) && pid > 1 ? pid : null;
  } catch {
    return null;
  }
}

/** Process ids are used again: only a process whose command line names this folder is ours. Where that cannot be read, the pid file is believed. */
function servesFolder(pid: number, databaseDir: string): boolean {
  if (process.platform !== 'linux') return true;
  try {
    const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
    return words.includes(databaseDir);
  } catch {
    return false;
  }
}

async function stopBy(signal: NodeJS.Signals, pid: number, gone: () => boolean, withinMs: number): Promise<boolean> {
  try {
    process.kill(pid, signal);
  } catch {
    return true;
  }
  const until = Date.now() + withinMs;
  while (!gone()) {
    if (Date.now() > until) return false;
    await systemClock.sleep(LOOK_EVERY_MS);
  }
  return true;
}
