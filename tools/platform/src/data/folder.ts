import { accessSync, chmodSync, constants, mkdirSync, mkdtempSync, realpathSync, rmSync, statfsSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve, sep } from 'node:path';
import { RcmError } from '@rcm/telemetry';

/** Where everything of a run lies. Nothing that a process writes may lie elsewhere: the plaintext search looks here. */
export interface DataFolder {
  readonly root: string;
  readonly kept: boolean;
  /** Folders above it that others may pass through from now on. */
  readonly opened: readonly string[];
  readonly lock: string;
  /** What this run must know of earlier ones (`memory.ts`). */
  readonly memory: string;
  readonly roster: string;
  /** The platform's own secrets, one file each, mode 600. */
  readonly keys: string;
  readonly postgres: string;
  readonly localAws: string;
  /** The portals' own records: somebody else's, so not searched. */
  readonly portals: string;
  /** Signed heads, the exported audit trail and the public key: what somebody else checks it by. */
  readonly audit: string;
  readonly logs: string;
  /** TMPDIR of every process, browser profiles included. */
  readonly temporary: string;
  remove(): void;
}

/** How temporary data folders are named. */
export const TEMPORARY_PREFIX = 'rcm-platform-';

/** A run of 24 endpoints takes about 150 MB, most of it Postgres's empty databases and its log. */
const NEEDED_BYTES = 256 * 1024 * 1024;

/** Makes the folder ready: `data` (kept; relative to `base`) or a fresh temporary one. Fails with `config_invalid` where it cannot be written or the disk is nearly full. */
export function openDataFolder(options: { readonly data: string | null; readonly base: string }): DataFolder {
  const kept = options.data !== null;
  const wanted = kept ? resolve(options.base, options.data) : join(tmpdir(), TEMPORARY_PREFIX);
  try {
    const root = realpathSync(kept ? made(wanted) : mkdtempSync(wanted));
    const folder = { ...layout(root, kept), opened: openWay(root) };
    prepare(folder);
    return folder;
  } catch (cause) {
    throw folderProblem(kept ? wanted : tmpdir(), cause);
  }
}

function layout(root: string, kept: boolean): Omit<DataFolder, 'opened'> {
  return {
    root,
    kept,
    lock: join(root, 'lock'),
    memory: join(root, 'memory.json'),
    roster: join(root, 'roster.json'),
    keys: join(root, 'keys'),
    postgres: join(root, 'postgres'),
    localAws: join(root, 'local-aws'),
    portals: join(root, 'portals'),
    audit: join(root, 'audit'),
    logs: join(root, 'logs'),
    temporary: join(root, 'tmp'),
    remove: () => rmSync(root, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 }),
  };
}

/** One folder after the other: where a file system takes no new ones (`/proc`), Node's own recursion never ends. */
function made(path: string): string {
  if (isFolder(path)) return path;
  const above = dirname(path);
  if (!statSync(above, { throwIfNoEntry: false })) made(above);
  try {
    mkdirSync(path);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    // Made meanwhile by another run; a link to nothing is there, and is no folder.
    if (code === 'EEXIST' && isFolder(path)) return path;
    if (code === 'EEXIST' && !statSync(path, { throwIfNoEntry: false })) throw Object.assign(new Error(path), { code: 'ENOENT' });
    if (code === 'ENOENT') refuseNewFolders(path);
    throw cause;
  }
  return path;
}

const isFolder = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;

/** The folder above it is there. On a read-only file system Node says ENOENT too; asking for that folder gives the true reason. */
function refuseNewFolders(path: string): void {
  accessSync(dirname(path), constants.W_OK);
  if (isFolder(dirname(path))) throw new RcmError('config_invalid', `The data folder ${path} cannot be used: no folder can be made in ${dirname(path)}.`);
}

/**
 * Where we are root, Postgres runs as another user, who must be able to pass to its own folder (not to list ours). The data
 * folder itself is opened for that: everything secret in it has a mode of its own; so are folders of ours above it inside the
 * system's temporary one (`mktemp -d` makes them closed). Returns those. What else lies above is the user's affair.
 */
function openWay(root: string): string[] {
  if (process.getuid?.() !== 0) return [];
  const temporary = realpathSync(tmpdir());
  const opened: string[] = [];
  for (let path = root; ; path = dirname(path)) {
    const { mode, uid } = statSync(path);
    if (!othersEnter(mode)) {
      const ours = uid === 0 && (path === root || path.startsWith(`${temporary}${sep}`));
      if (!ours)
        throw new RcmError(
          'config_invalid',
          `As root, Postgres runs as the user "postgres", who may not pass through ${path}; give a --data folder elsewhere, run "chmod o+x ${path}", or run this as an ordinary user.`,
        );
      chmodSync(path, (mode & 0o7777) | 0o001);
      if (path !== root) opened.push(path);
    }
    if (path === dirname(path)) return opened;
  }
}

const othersEnter = (mode: number): boolean => (mode & 0o001) !== 0;

function prepare(folder: DataFolder): void {
  const probe = join(folder.root, `.write-test-${process.pid}`);
  writeFileSync(probe, Buffer.alloc(4096));
  rmSync(probe);
  for (const path of [folder.keys, folder.localAws, folder.portals, folder.audit, folder.logs]) mkdirSync(path, { recursive: true, mode: 0o700 });
  // initdb, as its own user, reads its password file there.
  mkdirSync(folder.temporary, { recursive: true, mode: 0o711 });
  const fresh = statSync(folder.postgres, { throwIfNoEntry: false }) === undefined;
  const free = freeBytes(folder.root);
  if (free !== null && free < (fresh ? NEEDED_BYTES : NEEDED_BYTES / 4)) {
    throw new RcmError(
      'config_invalid',
      `The file system of ${folder.root} is nearly full: ${megabytes(free)} MB free, about ${megabytes(NEEDED_BYTES)} MB are needed; free some or give another --data folder.`,
    );
  }
}

/** `null` where the folder is gone. */
export function freeBytes(path: string): number | null {
  try {
    const { bavail, bsize } = statfsSync(path);
    return bavail * bsize;
  } catch {
    return null;
  }
}

const megabytes = (bytes: number): number => Math.floor(bytes / 1024 / 1024);

const REASONS: Readonly<Record<string, string>> = {
  ENOSPC: 'its file system is full',
  EDQUOT: 'the disk quota is used up',
  EROFS: 'its file system is read-only',
  EACCES: 'this user may not write there',
  EPERM: 'this user may not write there',
  ENOTDIR: 'a part of the path is a file, not a folder',
  EEXIST: 'it is a file, not a folder',
  ENOENT: 'a part of the path leads to what is not there',
  ENAMETOOLONG: 'the path is too long',
};

/** Of which file a write that finds no room is, nobody says: all that is written lies in the data folder. Whatever else is refused without a path may be of anything. */
const NO_ROOM: ReadonlySet<string> = new Set(['ENOSPC', 'EDQUOT']);

/** One sentence for what the system answered; anything else is passed on as it is. `path`: `null` where it is not known. */
export function folderProblem(path: string | null, cause: unknown): unknown {
  const code = (cause as NodeJS.ErrnoException)?.code ?? '';
  const reason = path !== null || NO_ROOM.has(code) ? REASONS[code] : undefined;
  return reason ? new RcmError('config_invalid', `The data folder ${path === null ? '' : `${path} `}cannot be used: ${reason}.`, { cause }) : cause;
}
