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

/** Removes what is too old, then the oldest until the rest is within the bound; touches nothing but evidence. Gives the bytes that are left. */
export async function tidyEvidence(folder: string, { keptMs, maxBytes }: EvidenceBounds, { now, roomFor }: Tidying): Promise<number> {
  const files = (await listEvidence(folder)).sort((a, b) => a.takenAt - b.takenAt || a.path.localeCompare(b.path));
  let left = files.reduce((sum, { bytes }) => sum + bytes, 0);
  const aim = left + roomFor > maxBytes ? Math.min(maxBytes * LOW_WATER, maxBytes - roomFor) : Infinity;
  let removed = -Infinity;
  for (const { path, takenAt, bytes } of files.slice(0, MAX_REMOVED)) {
    // The picture goes with its words.
    if (takenAt > now.getTime() - keptMs && left <= aim && takenAt !== removed) break;
    await rm(path, { force: true });
    left -= bytes;
    removed = takenAt;
  }
  return left;
}

async function listEvidence(folder: string): Promise<KeptFile[]> {
  const found: KeptFile[] = [];
  for (const home of (await readdir(folder, { withFileTypes: true })).filter((entry) => entry.isDirectory() && isId(entry.name))) {
    for (const file of await readdir(join(folder, home.name))) {
      const takenAt = evidenceTime(file);
      const path = join(folder, home.name, file);
      // Another process may have removed it since the folder was read.
      const stats = takenAt === null ? null : await lstat(path).catch(() => null);
      if (takenAt !== null && stats?.isFile()) found.push({ path, takenAt, bytes: onDisk(stats.size) });
    }
  }
  return found;
}
