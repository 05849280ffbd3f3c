import { createHash, randomBytes } from 'node:crypto';
import { type Clock, hasCode, Secret, systemClock } from '@rcm/telemetry';
import { backend } from '@rcm/test-services';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { rewriteStorage } from './rewrite.ts';
import { fingerprintOf } from './row.fixture.ts';
import { scrubEndpoint } from './scrub.ts';
import { startStorageServer, type StorageServer } from './storage-server.fixture.ts';

const MARK = `MARK${randomBytes(12).toString('base64url')}`;
/** What each fingerprint of an adopted row begins with. */
const PRINT = createHash('sha256').update(MARK).digest('hex').slice(0, 60);
const ROWS = 120;
const HOUR = 3_600_000;
/** Every third row is far too big for its page, and cannot be compressed: it goes to TOAST as it is. */
const password = (row: number): string => `${MARK}-${row}-${row % 3 === 0 ? randomBytes(9000).toString('base64') : ''}`;

describe.runIf(backend() === 'embedded')(
  'after a scrub and a rewrite (needs a server whose data folder can be read: embedded only)',
  { timeout: 300_000 },
  () => {
    let s: StorageServer;
    beforeAll(async () => void (s = await startStorageServer()), 120_000);
    afterAll(() => s.close());

    const endpoints = Array.from({ length: ROWS }, (_, row) => `endpoint-${row}`);
    const samples = async (): Promise<number> => {
      const { rows } = await s.sql.query<{ hits: string }>(
        `SELECT count(*) AS hits FROM pg_stats WHERE schemaname = 'public' AND concat(most_common_vals, histogram_bounds) LIKE ANY (ARRAY['%' || $1 || '%', '%' || $2 || '%'])`,
        [MARK, PRINT],
      );
      return Number(rows[0]?.hits);
    };
    const sampling = async (target: number) => {
      for (const column of ['integration_endpoint ALTER COLUMN config', 'migration_proof ALTER COLUMN fingerprint', 'adopted_id ALTER COLUMN fingerprint'])
        await s.sql.query(`ALTER TABLE ${column} SET STATISTICS ${target}`);
    };

    /** Where the plaintext is known to lie, so that the search is seen to find it there. */
    const PLACES = [
      `'integration_endpoint'`,
      `'migration_proof'`,
      `'adopted_id'`,
      `(SELECT reltoastrelid FROM pg_class WHERE relname = 'integration_endpoint')`,
      `(SELECT reltoastrelid FROM pg_class WHERE relname = 'pg_statistic')`,
    ];
    const fileOf = async (relation: string): Promise<string> => {
      const { rows } = await s.sql.query<{ path: string }>(`SELECT pg_relation_filepath((${relation})::regclass) AS path`);
      return rows[0]?.path ?? relation;
    };

    test('no byte of what was removed is left in the data folder: heap, TOAST, proofs, statistics, WAL, log', async () => {
      for (const [row, id] of endpoints.entries()) await s.plant(id, password(row));
      await s.sql.query(
        `INSERT INTO adopted_id (source, kind, source_id, org_id, endpoint_id, fingerprint)
         SELECT 'logins', 'endpoint', e.id, e.org_id, e.id, '1:' || $1 || lpad(to_hex(row_number() OVER ()), 4, '0') FROM integration_endpoint e`,
        [PRINT],
      );
      // Samples are stored compressed, where a byte search is blind: here they are not.
      for (let slot = 1; slot <= 5; slot += 1) await s.sql.query(`ALTER TABLE pg_statistic ALTER COLUMN stavalues${slot} SET STORAGE EXTERNAL`);
      // What a busy database does to plaintext: samples (taken before they were switched off), dead rows, dead samples, full page images.
      await sampling(100);
      await s.sql.query('ANALYZE');
      await s.sql.query('UPDATE integration_endpoint SET updated_at = now()');
      await s.sql.query('ANALYZE');
      await sampling(0);
      expect((await s.filesWith(MARK, 'pg_wal')).length).toBeGreaterThan(0);
      await s.sql.query('CHECKPOINT');
      const before = [...(await s.filesWith(MARK)), ...(await s.filesWith(PRINT))];
      for (const place of PLACES) expect(before).toContain(await fileOf(place));
      expect(await samples()).toBeGreaterThan(0);

      for (const endpointId of endpoints) expect(await scrubEndpoint(s.db, { endpointId, orgId: 'org', proofMaxAgeMs: HOUR, fingerprintOf })).toBe('scrubbed');
      await s.sql.query('CHECKPOINT');
      expect((await s.filesWith(MARK)).length).toBeGreaterThan(0);

      expect(await rewriteStorage({ url: s.url, gone: [new Secret(MARK)] })).toEqual({
        walClean: true,
        note: null,
        outside: ['base_backups'],
        search: { files: expect.any(Number) as number, bytes: expect.any(Number) as number, found: [] },
      });
      await s.sql.query('CHECKPOINT');
      expect([...(await s.filesWith(MARK)), ...(await s.filesWith(PRINT))]).toEqual([]);
      expect(await samples()).toBe(0);
      expect(s.log.join('\n')).not.toContain(MARK);
      expect((await s.sql.query(`SELECT count(*)::int AS kept FROM integration_endpoint WHERE config ? 'timeout'`)).rows).toEqual([{ kept: ROWS }]);
    });

    test('ANALYZE takes no sample of what may be plaintext', async () => {
      await s.plant('sampled', MARK);
      await s.sql.query('ANALYZE');
      expect(await samples()).toBe(0);
    });

    test('an older transaction that may still see the old rows ends it with a sentence, not with a half-truth', async () => {
      const older = new pg.Client({ connectionString: s.url });
      await older.connect();
      await older.query('BEGIN ISOLATION LEVEL REPEATABLE READ');
      await older.query('SELECT 1 FROM organization');
      try {
        expect(await scrubEndpoint(s.db, { endpointId: 'sampled', orgId: 'org', proofMaxAgeMs: HOUR, fingerprintOf })).toBe('scrubbed');
        // Somebody sets the clock back in the middle of the wait, which ends all the same.
        let setBackMs = 0;
        const clock: Clock = {
          ...systemClock,
          now: () => new Date(Date.now() - setBackMs),
          sleep(ms, signal) {
            setBackMs = HOUR;
            return systemClock.sleep(ms, signal);
          },
        };
        await expect(rewriteStorage({ url: s.url, deadlineMs: 5000, clock })).rejects.toSatisfy((error) => hasCode(error, 'deadline_exceeded'));
      } finally {
        await older.end();
      }
      expect(await rewriteStorage({ url: s.url })).toMatchObject({ walClean: true });
    });

    test('a writer in another database of the server holds it up, too: its number is older than the removal, and VACUUM keeps dead rows for that', async () => {
      const other = new pg.Client({ connectionString: s.url.replace(/\/[^/]*$/, '/template1') });
      await other.connect();
      await other.query('BEGIN');
      await other.query('SELECT pg_current_xact_id()');
      const mark = `OTHER${randomBytes(12).toString('base64url')}`;
      try {
        await s.plant('elsewhere', mark);
        expect(await scrubEndpoint(s.db, { endpointId: 'elsewhere', orgId: 'org', proofMaxAgeMs: HOUR, fingerprintOf })).toBe('scrubbed');
        await expect(rewriteStorage({ url: s.url, deadlineMs: 3000 })).rejects.toSatisfy((error) => hasCode(error, 'deadline_exceeded'));
      } finally {
        await other.end();
      }
      await rewriteStorage({ url: s.url });
      expect((await s.filesWith(mark)).filter((path) => !path.startsWith('pg_wal'))).toEqual([]);
    });

    test('a table that takes long is written anew all the same, and what is waited for has its own deadline', async () => {
      await s.plant('large', `LARGE${randomBytes(12).toString('base64url')}`);
      // Each row of the index that the rewrite builds anew takes as long.
      await s.sql.query(`CREATE FUNCTION slowly(text) RETURNS text IMMUTABLE LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(3); RETURN $1; END $$`);
      await s.sql.query(`CREATE INDEX slow ON migration_proof (slowly(endpoint_id)) WHERE endpoint_id = 'large'`);
      const told: [string, boolean][] = [];
      try {
        await rewriteStorage({ url: s.url, server: 'managed', deadlineMs: 2_500, onTable: (table, bytes) => told.push([table, bytes > 0]) });
      } finally {
        await s.sql.query('DROP FUNCTION slowly CASCADE');
      }
      expect(told.slice(0, 4)).toEqual(['integration_endpoint', 'migration_proof', 'adopted_id', 'portal_task'].map((table) => [table, true]));
    });

    test('nobody waits long behind a rewrite that waits for a table', async () => {
      const [holds, reads] = [new pg.Client({ connectionString: s.url }), new pg.Client({ connectionString: s.url })];
      await Promise.all([holds.connect(), reads.connect()]);
      try {
        // It keeps no old row, and the table for itself.
        await holds.query('BEGIN');
        await holds.query('LOCK TABLE migration_proof IN ACCESS SHARE MODE');
        const rewritten = rewriteStorage({ url: s.url, server: 'managed' });
        const wants = `SELECT FROM pg_locks WHERE relation = 'migration_proof'::regclass AND mode = 'AccessExclusiveLock' AND NOT granted`;
        while ((await s.sql.query(wants)).rows.length === 0) await systemClock.sleep(20);
        expect((await reads.query('SELECT count(*)::int AS n FROM migration_proof')).rows).toHaveLength(1);
        await holds.query('COMMIT');
        await rewritten;
      } finally {
        await Promise.all([holds.end(), reads.end()]);
      }
    });

    test('where the server recycles WAL segments it says what is left to do', async () => {
      // Only what the session sees of it: enough for the answer.
      await s.sql.query(`ALTER ROLE postgres SET wal_recycle = on`);
      expect(await rewriteStorage({ url: s.url })).toMatchObject({
        walClean: false,
        note: expect.stringContaining('wal_recycle') as string,
        outside: ['base_backups', 'recycled_wal'],
      });
    });
  },
);
