import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmod, chown, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { freePort } from '../free-port.ts';
import { type ServerAccount, serverAccount } from './account.ts';
import { postgresPrograms } from './programs.ts';

/** A running Postgres whose data may be thrown away. */
export interface ThrowawayPostgres {
  /** Superuser URL of the database `postgres`. */
  url: string;
  pid: number;
  /** Its data folder. */
  data: string;
  /** Resolves when the server ended, by `stop` or by itself. */
  ended: Promise<void>;
  stop(): Promise<void>;
}

/** One that can be stopped and started again, on the same port and data. */
export interface RestartablePostgres extends ThrowawayPostgres {
  /** Ends all sessions, and comes back as soon as it can. */
  restart(): Promise<void>;
}

// The data is thrown away, so nothing needs to reach the disk: a fifth of the time of a durable server for a suite of small databases.
const SETTINGS = {
  fsync: 'off',
  // As the migration guide asks of whoever removes plaintext.
  wal_recycle: 'off',
  synchronous_commit: 'off',
  full_page_writes: 'off',
  autovacuum_naptime: '5min',
  max_connections: '200',
  shared_buffers: '64MB',
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  // Not the zone of whoever made the machine: days are counted in it.
  timezone: 'UTC',
};
const INITDB_TIMEOUT_MS = 300_000;
const START_TIMEOUT_MS = 240_000;
const STOP_TIMEOUT_MS = 60_000;
const PORT_TRIES = 5;

interface ThrowawayOptions {
  readonly folder: string;
  /** Beside those of every throw-away server, and in their place. */
  readonly settings?: Readonly<Record<string, string>>;
}

/**
 * Makes a new cluster in `folder` (which must exist) and starts it on a free port of loopback with a random password.
 * Throws with the server's last words when it does not come up.
 */
export async function startThrowawayPostgres({ folder, settings = {} }: ThrowawayOptions): Promise<RestartablePostgres> {
  const account = serverAccount();
  // The server's account must be able to walk into a folder that belongs to us.
  await chmod(folder, 0o711);
  const programs = await postgresPrograms(account, join(folder, 'native'));
  const data = join(folder, 'data');
  const password = randomBytes(18).toString('hex');
  await initialise({ initdb: programs.initdb, folder, data, password, account });
  for (let tries = 1; ; tries += 1) {
    const port = await freePort();
    try {
      const program = { postgres: programs.postgres, data, port, account, settings };
      const place = { url: `postgres://postgres:${password}@127.0.0.1:${port}/postgres`, data };
      return restartable(place, await startServer(program), () => startServer(program));
    } catch (error) {
      // Between asking for a free port and using it another process may have taken it.
      if (tries === PORT_TRIES || !String(error).includes('could not bind')) throw error;
    }
  }
}

type Place = Pick<ThrowawayPostgres, 'url' | 'data'>;
type Running = Omit<ThrowawayPostgres, keyof Place>;

function restartable(place: Place, first: Running, again: () => Promise<Running>): RestartablePostgres {
  let running = first;
  return {
    ...place,
    pid: first.pid,
    ended: first.ended,
    stop: () => running.stop(),
    async restart() {
      await running.stop();
      running = await again();
    },
  };
}

async function initialise(args: { initdb: string; folder: string; data: string; password: string; account: ServerAccount }): Promise<void> {
  const { account, data } = args;
  await mkdir(data, { mode: 0o700 });
  const passwordFile = join(args.folder, 'password');
  await writeFile(passwordFile, args.password, { mode: 0o600 });
  if ('uid' in account) await Promise.all([data, passwordFile].map((path) => chown(path, account.uid, account.gid)));
  const login = ['--username=postgres', '--auth=scram-sha-256', `--pwfile=${passwordFile}`];
  // Whoever rewrites the storage drives the WAL on by whole segments, and reads them all for what should be gone: of 1 MB, not of 16.
  const flags = [`--pgdata=${data}`, ...login, '--wal-segsize=1', '--encoding=UTF8', '--locale=C', '--no-sync'];
  await promisify(execFile)(args.initdb, flags, { ...account, cwd: '/', timeout: INITDB_TIMEOUT_MS });
}

interface Program {
  readonly postgres: string;
  readonly data: string;
  readonly port: number;
  readonly account: ServerAccount;
  /** Beside those of every throw-away server. */
  readonly settings?: Readonly<Record<string, string>>;
}

/** Starts a server on a data folder that is there. */
export async function startServer(args: Program): Promise<Running> {
  const settings = Object.entries({ ...SETTINGS, ...args.settings, port: args.port }).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const child = spawn(args.postgres, ['-D', args.data, ...settings], { ...args.account, cwd: '/', stdio: ['ignore', 'ignore', 'pipe'] });
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  await ready(child);
  return { pid: child.pid ?? 0, ended, stop: () => stop(child, ended) };
}

/** Resolves at the line with which the server says that it is ready. */
function ready(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let said = '';
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      reject(new Error(`Postgres was not ready after ${START_TIMEOUT_MS} ms: ${said}`));
    }, START_TIMEOUT_MS);
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(-4000);
      if (!/ready to accept (read-only )?connections/.test(said)) return;
      clearTimeout(timer);
      resolve();
    });
    child.once('error', reject);
    child.once('close', () => {
      clearTimeout(timer);
      reject(new Error(`Postgres ended before it was ready: ${said}`));
    });
  });
}

/** SIGINT is Postgres's fast shutdown: open sessions are ended. */
async function stop(child: ChildProcess, ended: Promise<void>): Promise<void> {
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
  child.kill('SIGINT');
  await ended;
  clearTimeout(timer);
}
