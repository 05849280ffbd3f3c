import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { replaceFile } from '@rcm/local-aws/kit';
import { RcmError, systemClock } from '@rcm/telemetry';
import { identify, isAlive, type ProcessIdentity } from '../processes/identity.ts';

/** Who may use a data folder now. One run at a time: two Postgres servers or two platforms on one folder would destroy it. */
export interface FolderLock {
  /** True where a run that was killed had left its lock behind. */
  readonly tookOver: boolean;
  /** Tells whoever waits that this run is about to release. */
  ending(): void;
  release(): void;
}

interface Holder extends ProcessIdentity {
  readonly ending?: boolean;
}

export interface LockWaits {
  /** For a holder that may be about to notice that it should end: its npm was killed a moment ago. Default 2 500 ms. */
  readonly reactMs?: number;
  /** For a holder that says it is ending. Default 90 000 ms. */
  readonly endMs?: number;
}

const LOOK_EVERY_MS = 100;

/**
 * Takes the lock file, or the stale one of a run that is gone (same pid and same start time, or it is stale). A run that lives is
 * waited for as long as it may be ending, then this fails with `config_invalid`. The file appears complete or not at all: it is
 * written aside and linked.
 */
export async function takeLock(path: string, folder: string, waits: LockWaits = {}): Promise<FolderLock> {
  const { reactMs = 2_500, endMs = 90_000 } = waits;
  const mine: Holder = identify(process.pid) ?? { pid: process.pid, startedAt: 'unknown' };
  const aside = `${path}.${process.pid}.${randomBytes(4).toString('hex')}`;
  writeFileSync(aside, JSON.stringify(mine), { mode: 0o600 });
  const from = Date.now();
  try {
    for (let tookOver = false; ;) {
      if (linked(aside, path)) return held(path, mine, tookOver);
      const holder = readHolder(path);
      if (!holder || !isAlive(holder)) {
        tookOver = removeStale(path, holder, aside) || tookOver;
        continue;
      }
      if (Date.now() - from > (holder.ending ? endMs : reactMs)) {
        throw new RcmError('config_invalid', `Another run (process ${holder.pid}) is using ${folder}; stop it first or give another --data folder.`);
      }
      await systemClock.sleep(LOOK_EVERY_MS);
    }
  } finally {
    rmSync(aside, { force: true });
  }
}

function held(path: string, mine: Holder, tookOver: boolean): FolderLock {
  const stillMine = () => {
    const holder = readHolder(path);
    return holder?.pid === mine.pid && holder.startedAt === mine.startedAt;
  };
  return {
    tookOver,
    ending() {
      if (stillMine()) replaceFile(path, JSON.stringify({ ...mine, ending: true }));
    },
    release() {
      if (stillMine()) rmSync(path, { force: true });
    },
  };
}

/** The living process that holds the lock; `null` where nobody does. */
export function holderOf(path: string): ProcessIdentity | null {
  const holder = readHolder(path);
  return holder && isAlive(holder) ? holder : null;
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

function readHolder(path: string): Holder | null {
  try {
    const value = JSON.parse(readFileSync(path, 'utf8')) as Partial<Holder> | null;
    return typeof value?.pid === 'number' && typeof value.startedAt === 'string'
      ? { pid: value.pid, startedAt: value.startedAt, ending: value.ending === true }
      : null;
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
