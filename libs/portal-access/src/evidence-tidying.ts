import { lstat, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { isId } from '@rcm/telemetry';
import { evidenceTime } from './evidence-name.ts';

export interface EvidenceBounds {
  /** How long evidence is kept, in ms. */
  readonly keptMs: number;
  /** For the whole folder, as it is on disk. The oldest goes first. */
  readonly maxBytes: number;
}

export interface Tidying {
  readonly now: Date;
  /** Bytes that are about to be written. */
  readonly roomFor: number;
  /** How a file is removed. Default: Node's way. */
  readonly remove?: (path: string) => Promise<void>;
}

export interface Tidied {
  /** Bytes that are left. */
  readonly left: number;
  /** Of the last file that could not be removed, or folder that could not be looked into; `null`: there was none. */
  readonly failure: unknown;
}

/** Bounds one round's work; what is left is removed by the next. */
const MAX_REMOVED = 2_000;
/** How far below the bound a full folder is brought, so that not every act looks through it. */
const LOW_WATER = 0.9;
const BLOCK = 4_096;

/** What a file takes on disk: small ones count as a whole block, which bounds their number as well. */
export const onDisk = (bytes: number): number => Math.ceil(bytes / BLOCK) * BLOCK;

interface KeptFile {
  readonly path: string;
  readonly takenAt: number;
  readonly bytes: number;
}

/**
 * Removes what is too old, then the oldest until the rest is within the bound; touches nothing but evidence. What cannot be removed is passed over: it must not keep the
 * pages of others beyond their time.
 */
export async function tidyEvidence(folder: string, { keptMs, maxBytes }: EvidenceBounds, { now, roomFor, remove = removed }: Tidying): Promise<Tidied> {
  const listed = await listEvidence(folder);
  const files = listed.files.sort((a, b) => a.takenAt - b.takenAt || a.path.localeCompare(b.path));
  let left = files.reduce((sum, { bytes }) => sum + bytes, 0);
  const aim = left + roomFor > maxBytes ? Math.min(maxBytes * LOW_WATER, maxBytes - roomFor) : Infinity;
  let [last, count, failure] = [-Infinity, 0, listed.failure];
  for (const { path, takenAt, bytes } of files) {
    // The picture goes with its words.
    if (count === MAX_REMOVED || (takenAt > now.getTime() - keptMs && left <= aim && takenAt !== last)) break;
    try {
      await remove(path);
    } catch (error) {
      failure = error;
      continue;
    }
    left -= bytes;
    count += 1;
    last = takenAt;
  }
  return { left, failure };
}

const removed = (path: string): Promise<void> => rm(path, { force: true });

async function listEvidence(folder: string): Promise<{ readonly files: KeptFile[]; readonly failure: unknown }> {
  const found: KeptFile[] = [];
  let failure: unknown = null;
  for (const home of (await readdir(folder, { withFileTypes: true })).filter((entry) => entry.isDirectory() && isId(entry.name))) {
    const names = await readdir(join(folder, home.name)).catch((error: unknown) => {
      // One that was taken away meanwhile has nothing left.
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') failure = error;
    });
    for (const file of names ?? []) {
      const takenAt = evidenceTime(file);
      const path = join(folder, home.name, file);
      // Another process may have removed it since the folder was read.
      const stats = takenAt === null ? null : await lstat(path).catch(() => null);
      if (takenAt !== null && stats?.isFile()) found.push({ path, takenAt, bytes: onDisk(stats.size) });
    }
  }
  return { files: found, failure };
}
