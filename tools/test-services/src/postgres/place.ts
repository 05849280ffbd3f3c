import { readFileSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';

const MEMORY = '/dev/shm';
/** In bytes: several times what the servers of one `npm test` take together. A smaller machine needs its memory for the browsers. */
const ROOM = 8 * 2 ** 30;

/** Where throw-away clusters lie on this machine, also those that an earlier run has left. */
export const clusterPlaces = (): readonly string[] => (isMemory() ? [MEMORY, tmpdir()] : [tmpdir()]);

/**
 * Where a new one is made: in memory, where that has room. A database is 640 files that are made for a test file and removed again, and a disk's file system takes
 * more of the processor for that than Postgres does for everything else.
 */
export function newClusterPlace(): string {
  if (!isMemory()) return tmpdir();
  const { bavail, bsize } = statfsSync(MEMORY);
  return Math.min(bavail * bsize, process.availableMemory()) >= ROOM ? MEMORY : tmpdir();
}

/** Not where programs cannot be started from: the server's are copied beside its data where its account cannot reach ours. */
const isMemory = (): boolean => /^\S+ \/dev\/shm tmpfs rw(?!\S*\bnoexec\b)/m.test(readFileSync('/proc/mounts', 'utf8'));
