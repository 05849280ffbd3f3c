import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ClearError } from './clear-error.mjs';
import { identify, stillRuns } from './process-life.mjs';
import { findingsFolder, say } from './workspace.mjs';

const POLL_MS = 200;
// A cold install takes under a minute; ten times that is a hang.
const TIMEOUT_MS = 15 * 60_000;

/**
 * Runs `work` while no other process of this clone does; waits for one that does, takes the lock over from one that was killed.
 * @template T
 * @param {() => Promise<T>} work
 * @param {{ folder?: string }} [options]
 * @returns {Promise<T>}
 */
export async function alone(work, { folder = findingsFolder() } = {}) {
  const lock = join(folder, 'lock');
  await take(lock);
  try {
    return await work();
  } finally {
    rmSync(lock, { force: true });
  }
}

/** @param {string} lock */
async function take(lock) {
  const until = Date.now() + TIMEOUT_MS;
  const mine = `${lock}.${process.pid}`;
  writeFileSync(mine, JSON.stringify(identify(process.pid)));
  try {
    for (let said = false; !linked(mine, lock); said = true) {
      if (removeDead(lock)) continue;
      if (Date.now() > until) throw new ClearError(`Another set-up of this clone has held ${lock} for too long; end it or delete that file.`);
      if (!said) say('another set-up of this clone is running, waiting for it');
      await sleep(POLL_MS);
    }
  } finally {
    rmSync(mine, { force: true });
  }
}

/** A hard link appears whole or not at all, so nobody ever reads half a lock. @param {string} from @param {string} to */
function linked(from, to) {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code === 'EEXIST') return false;
    throw error;
  }
}

/**
 * Removes the lock of a process that is gone. Renaming first: of two that see the dead owner only one gets the file, and
 * one that was handed a new owner's lock puts it back.
 * @param {string} lock
 */
function removeDead(lock) {
  const seen = ownerOf(lock);
  if (seen === null || stillRuns(seen)) return false;
  const aside = `${lock}.dead.${process.pid}`;
  try {
    renameSync(lock, aside);
  } catch {
    return true;
  }
  const got = ownerOf(aside);
  if (got !== null && stillRuns(got)) linked(aside, lock);
  rmSync(aside, { force: true });
  return true;
}

/** @param {string} file @returns {import('./process-life.mjs').ProcessIdentity | null} */
function ownerOf(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return null;
  }
}
