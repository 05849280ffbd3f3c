import { randomBytes } from 'node:crypto';
import { type Clock, hasCode, Secret, systemClock } from '@rcm/telemetry';
import { backend } from '@rcm/test-services';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { rewriteStorage } from './rewrite.ts';
import { fingerprintOf } from './row.fixture.ts';
import { scrubEndpoint } from './scrub.ts';
import { startStorageServer, type StorageServer } from './storage-server.fixture.ts';

const MARK = `MARK${randomBytes(12).toString('base64url')}`;
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
        `SELECT count(*) AS hits FROM pg_stats WHERE schemaname = 'public' AND concat(most_common_vals, histogram_bounds) LIKE '%' || $1 || '%'`,
        [MARK],
      );
      return Number(rows[0]?.hits);
    };
    const sampling = async (target: number) => {
      for (const column of ['integration_endpoint ALTER COLUMN config', 'migration_proof ALTER COLUMN fingerprint'])
        await s.sql.query(`ALTER TABLE ${column} SET STATISTICS ${target}`);
    };

    /** Where the plaintext is known to lie, so that the search is seen to find it there. */
    const PLACES = [
      `'integration_endpoint'`,
      `'migration_proof'`,
      `(SELECT reltoastrelid FROM pg_class WHERE relname = 'integration_endpoint')`,
      `(SELECT reltoastrelid FROM pg_class WHERE relname = 'pg_statistic')`,
    ];
    const fileOf = async (relation: string): Promise<string> => {
      const { rows } = await s.sql.query<{ path: string }>(`SELECT pg_relation_filepath((${relation})::regclass) AS path`);
      return rows[0]?.path ?? relation;
    };

    test('no byte of what was removed is left in the data folder: heap, TOAST, proofs, statistics, WAL, log', async () => {
      for (const [row, id] of endpoints.entries()) await s.plant(id, password(row));
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
      const before = await s.filesWith(MARK);
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
      expect(await s.filesWith(MARK)).toEqual([]);
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
