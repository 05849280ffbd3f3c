import { readFileSync } from 'node:fs';
import { readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { processStart } from '../process-start.ts';
import { clusterPlaces } from './place.ts';

/** Every throw-away cluster lives in one of `clusterPlaces` under this prefix. */
export const FOLDER_PREFIX = 'rcm-test-postgres-';
// The name is kept from version to version: another one's runs beside this one would be taken for dead, and their servers ended.
const OWNER_FILE = 'keeper.pid';
// A folder without an owner file may be one that a watchdog is just making.
const UNOWNED_GRACE_MS = 60_000;
const QUIT_MS = 60_000;

/** Notes this process as the one that will remove `folder`. */
export async function claimFolder(folder: string): Promise<void> {
  await writeFile(join(folder, OWNER_FILE), `${process.pid} ${processStart(process.pid)}`);
}

/** Stops the servers and removes the folders whose watchdog was killed before it could do so. */
export async function removeStaleClusters(): Promise<void> {
  for (const place of clusterPlaces()) {
    const names = (await readdir(place)).filter((name) => name.startsWith(FOLDER_PREFIX));
    for (const name of names) await removeIfStale(join(place, name));
  }
}

async function removeIfStale(folder: string): Promise<void> {
  if (await hasOwner(folder)) return;
  for (const data of ['data', 'data-standby']) await killServer(join(folder, data));
  // Somebody else's folder cannot be removed: theirs to clean.
  await rm(folder, { recursive: true, force: true, maxRetries: 3 }).catch(() => undefined);
}

async function hasOwner(folder: string): Promise<boolean> {
  const text = await readFile(join(folder, OWNER_FILE), 'utf8').catch(() => null);
  if (text === null) {
    const age = await stat(folder).then(
      (found) => Date.now() - found.mtimeMs,
      () => 0,
    );
    return age < UNOWNED_GRACE_MS;
  }
  const [pid = '', start = ''] = text.split(' ');
  return processStart(Number(pid)) === start;
}

async function killServer(data: string): Promise<void> {
  const pid = Number((await readFile(join(data, 'postmaster.pid'), 'utf8').catch(() => '')).split('\n')[0]);
  if (!Number.isInteger(pid) || pid <= 1) return;
  // The number may belong to another process by now: only the server of this very folder is ended.
  if (!commandLine(pid).includes(data)) return;
  const start = processStart(pid);
  quit(pid);
  // Removing the data below a running server makes it write its last words into nowhere, and some of them back.
  for (const until = Date.now() + QUIT_MS; processStart(pid) === start && Date.now() < until;) await sleep(20);
}

function quit(pid: number): void {
  try {
    process.kill(pid, 'SIGQUIT');
  } catch (error) {
    // Another run that cleans at the same moment may have ended it already.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

function commandLine(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return '';
  }
}
