import { readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { leftovers } from '../processes/roster.ts';
import { TEMPORARY_PREFIX } from './folder.ts';
import { holderOf } from './lock.ts';

/** Longer than it takes from a new folder to its lock, and than any process goes on after its run was killed. */
const UNTOUCHED_MS = 120_000;

/** Removes temporary data folders whose runs were killed with SIGKILL and could not do so themselves: logins lie in them. */
export function removeAbandoned(temporary: string = tmpdir()): void {
  for (const name of readdirSync(temporary)) {
    if (!name.startsWith(TEMPORARY_PREFIX)) continue;
    const root = join(temporary, name);
    try {
      const untouched = Date.now() - statSync(root).mtimeMs > UNTOUCHED_MS;
      if (untouched && holderOf(join(root, 'lock')) === null && leftovers(join(root, 'roster.json')).length === 0)
        rmSync(root, { recursive: true, force: true });
    } catch {
      // Another user's, or another run removes it right now.
    }
  }
}
