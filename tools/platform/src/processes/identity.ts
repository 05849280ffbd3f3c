import { execFileSync } from 'node:child_process';
import { processStart as startOnLinux } from '@rcm/test-services';

/** A process that cannot be mistaken for a later one with the same number: its id and when it started (opaque text). */
export interface ProcessIdentity {
  readonly pid: number;
  readonly startedAt: string;
}

/** When the process started, as opaque text that stays the same while it lives; `null` where no such process runs (a zombie counts as gone). */
export function processStart(pid: number): string | null {
  if (!Number.isSafeInteger(pid) || pid <= 0) return null;
  return process.platform === 'linux' ? startOnLinux(pid) : startFromPs(pid);
}

export function identify(pid: number): ProcessIdentity | null {
  const startedAt = processStart(pid);
  return startedAt === null ? null : { pid, startedAt };
}

export const isAlive = (identity: ProcessIdentity): boolean => processStart(identity.pid) === identity.startedAt;

function startFromPs(pid: number): string | null {
  try {
    return execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim() || null;
  } catch {
    return null;
  }
}
