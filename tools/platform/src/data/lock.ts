import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { RcmError } from '@rcm/telemetry';
import { identify, isAlive, type ProcessIdentity } from '../processes/identity.ts';

/** Who may use a data folder now. One run at a time: two Postgres servers or two platforms on one folder would destroy it. */
export interface FolderLock {
  /** True where a run that was killed had left its lock behind. */
  readonly tookOver: boolean;
  release(): void;
}

const ATTEMPTS = 5;

/**
 * Takes the lock file, or the stale one of a run that is gone (same pid and same start time, or it is stale). Fails with
 * `config_invalid` while that run lives. The file appears complete or not at all: it is written aside and linked.
 */
export function takeLock(path: string, folder: string): FolderLock {
  const mine = identify(process.pid) ?? { pid: process.pid, startedAt: 'unknown' };
  const aside = `${path}.${process.pid}.${randomBytes(4).toString('hex')}`;
  writeFileSync(aside, JSON.stringify(mine), { mode: 0o600 });
  try {
    for (let attempt = 0, tookOver = false; attempt < ATTEMPTS; attempt += 1) {
      if (linked(aside, path)) return { tookOver, release: () => releaseOwn(path, mine) };
      const holder = readHolder(path);
      if (holder && isAlive(holder)) throw new RcmError('config_invalid', `Another run (process ${holder.pid}) is using ${folder}; stop it first or give another --data folder.`);
      tookOver = removeStale(path, holder, aside) || tookOver;
    }
    throw new RcmError('config_invalid', `The lock ${path} could not be taken: other runs keep taking it.`);
  } finally {
    rmSync(aside, { force: true });
  }
}

function linked(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw cause;
  }
}

function readHolder(path: string): ProcessIdentity | null {
  try {
    const value = JSON.parse(readFileSync(path, 'utf8')) as Partial<ProcessIdentity> | null;
    return typeof value?.pid === 'number' && typeof value.startedAt === 'string' ? { pid: value.pid, startedAt: value.startedAt } : null;
  } catch {
    return null;
  }
}

/** Moved away before it is judged again: of two runs that saw the same stale lock, one may by now have put a fresh one there, which goes back. */
function removeStale(path: string, seen: ProcessIdentity | null, aside: string): boolean {
  const moved = `${aside}.stale`;
  try {
    renameSync(path, moved);
  } catch {
    return false;
  }
  const holder = readHolder(moved);
  const fresh = holder !== null && (holder.pid !== seen?.pid || holder.startedAt !== seen.startedAt) && isAlive(holder);
  if (fresh) linked(moved, path);
  rmSync(moved, { force: true });
  return !fresh;
}

function releaseOwn(path: string, mine: ProcessIdentity): void {
  const holder = readHolder(path);
  if (holder?.pid === mine.pid && holder.startedAt === mine.startedAt) rmSync(path, { force: true });
}
