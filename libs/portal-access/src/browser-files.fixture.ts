import { globSync, readFileSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Where browsers that were started since then have what they write; other tests' too, whose files hold nothing of this one's either. */
export const profiles = (startedMs: number): string[] =>
  globSync('playwright_chromiumdev_profile-*', { cwd: tmpdir() })
    .map((name) => join(tmpdir(), name))
    .filter((folder) => (statSync(folder, { throwIfNoEntry: false })?.birthtimeMs ?? 0) >= startedMs);

/** A browser's files come and go while they are read. */
export function readIfThere(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch {
    return Buffer.alloc(0);
  }
}
