import { appendFile, chown, copyFile, mkdir, readdir, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { openClient } from '../database/client.ts';
import { freePort } from '../free-port.ts';
import { serverAccount } from './account.ts';
import { postgresPrograms } from './programs.ts';
import { startServer, type ThrowawayPostgres } from './server.ts';

/** A second server that follows a first one by streaming replication. */
export interface StandbyPostgres extends ThrowawayPostgres {
  /** Waits until it has replayed, and written out, all that the first has written until now, and receives: the log that it was made with may hold as much, and a connection may be one that comes to nothing. */
  hasFollowed(): Promise<void>;
  /** It follows nobody any more, and takes writes. */
  promote(): Promise<void>;
}

/**
 * Makes one beside the data folder of a running throw-away server, from a base backup as `pg_basebackup` makes one. `settings`: those that a standby must not have lower than
 * its primary, where they differ from a throw-away server's.
 */
export async function startStandby(
  primary: Pick<ThrowawayPostgres, 'url' | 'data'>,
  { settings = {} }: { readonly settings?: Readonly<Record<string, string>> } = {},
): Promise<StandbyPostgres> {
  const data = `${primary.data}-standby`;
  await baseBackup(primary, data);
  const [account, port] = [serverAccount(), await freePort()];
  const { postgres } = await postgresPrograms(account, join(dirname(data), 'native'));
  const running = await startServer({ ...{ postgres, data, port, account, settings } });
  const { username, password } = new URL(primary.url);
  const url = `postgres://${username}:${password}@127.0.0.1:${port}/postgres`;
  return {
    ...{ ...running, url, data },
    async hasFollowed() {
      const at = await one(primary.url, 'SELECT pg_current_wal_flush_lsn()::text AS value');
      const follows = async (): Promise<boolean> =>
        (await one(url, 'SELECT (pg_last_wal_replay_lsn() >= $1::pg_lsn)::text AS value', [at])) === 'true' &&
        (await one(primary.url, `SELECT EXISTS (SELECT FROM pg_stat_replication WHERE state = 'streaming')::text AS value`)) === 'true';
      while (!(await follows())) await new Promise((resolve) => setTimeout(resolve, 20));
      // On a standby it writes out what was replayed, as far as the last checkpoint of the first.
      await one(url, 'CHECKPOINT');
    },
    promote: async () => void (await one(url, 'SELECT pg_promote(true, 3600)::text AS value')),
  };
}

async function one(url: string, sql: string, values: readonly unknown[] = []): Promise<string> {
  await using client = await openClient(url);
  client.on('error', () => undefined);
  return (await client.query<{ value: string }>(sql, [...values])).rows[0]?.value ?? '';
}

async function baseBackup(primary: Pick<ThrowawayPostgres, 'url' | 'data'>, to: string): Promise<void> {
  // Begun and ended by one session.
  await using client = await openClient(primary.url);
  await client.query(`SELECT pg_backup_start('standby', true)`);
  await copyFolder(primary.data, to, new Set(['postmaster.pid', 'postmaster.opts', 'standby.signal']));
  const [stopped] = (await client.query<{ labelfile: string }>('SELECT labelfile FROM pg_backup_stop(false)')).rows;
  await addFile(to, 'backup_label', stopped?.labelfile ?? '');
  const { hostname, port, username, password } = new URL(primary.url);
  await appendFile(join(to, 'postgresql.auto.conf'), `primary_conninfo = 'host=${hostname} port=${port} user=${username} password=${password}'\n`);
  await addFile(to, 'standby.signal', '');
}

async function addFile(folder: string, name: string, text: string): Promise<void> {
  const { uid, gid } = await stat(folder);
  await writeFile(join(folder, name), text, { mode: 0o600 });
  await chown(join(folder, name), uid, gid);
}

/** With owners and modes; a file that vanishes meanwhile is restored from the log. */
async function copyFolder(from: string, to: string, but: ReadonlySet<string>): Promise<void> {
  const { uid, gid, mode } = await stat(from);
  await mkdir(to, { mode });
  await chown(to, uid, gid);
  for (const entry of await readdir(from, { withFileTypes: true })) {
    if (but.has(entry.name)) continue;
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isDirectory()) await copyFolder(source, target, but);
    else await copyFile(source, target).then(() => chown(target, uid, gid), unlessGone);
  }
}

function unlessGone(error: unknown): void {
  if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
}
