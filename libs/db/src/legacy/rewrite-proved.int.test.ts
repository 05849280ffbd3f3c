import { randomBytes } from 'node:crypto';
import { Secret } from '@rcm/telemetry';
import { backend } from '@rcm/test-services';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { rewriteStorage } from './rewrite.ts';
import { checkRewriteRights } from './rewrite-rights.ts';
import { fingerprintOf } from './row.fixture.ts';
import { scrubEndpoint } from './scrub.ts';
import { startStorageServer, type StorageServer } from './storage-server.fixture.ts';

const HOUR = 3_600_000;

describe.runIf(backend() === 'embedded')(
  'what is claimed of a rewrite is what is found (needs a server whose settings and data folder are its own: embedded only)',
  { timeout: 300_000 },
  () => {
    let s: StorageServer;
    const settings = async (...statements: string[]) => {
      for (const statement of [...statements, 'SELECT pg_reload_conf()']) await s.sql.query(statement);
    };
    beforeAll(async () => {
      s = await startStorageServer();
      await s.sql.query(`CREATE ROLE service LOGIN PASSWORD 'local'`);
      await s.sql.query('GRANT pg_read_all_stats TO service');
      await s.sql.query('GRANT SELECT (starelid, staattnum) ON pg_statistic TO service');
      await s.sql.query('GRANT MAINTAIN ON integration_endpoint, migration_proof, adopted_id, portal_task TO service');
    }, 120_000);
    afterAll(() => s.close());

    async function removed(id: string): Promise<string> {
      const mark = `MARK${randomBytes(12).toString('base64url')}`;
      await s.plant(id, mark);
      expect(await scrubEndpoint(s.db, { endpointId: id, orgId: 'org', proofMaxAgeMs: HOUR, fingerprintOf })).toBe('scrubbed');
      await s.sql.query('CHECKPOINT');
      return mark;
    }
    const refusal = (said: RegExp) => ({ code: 'state_conflict', message: expect.stringMatching(said) as string });

    test('what would keep old rows or WAL for good is named before anything is removed', async () => {
      await checkRewriteRights({ url: s.url });
      await s.sql.query(`SELECT pg_create_physical_replication_slot('forgotten', true)`);
      await expect(checkRewriteRights({ url: s.url })).rejects.toMatchObject(
        refusal(/nothing was removed.*the replication slot forgotten, which nobody reads/),
      );
      await s.sql.query(`SELECT pg_drop_replication_slot('forgotten')`);

      const other = new pg.Client({ connectionString: s.url, application_name: 'a report' });
      await other.connect();
      await other.query('BEGIN ISOLATION LEVEL REPEATABLE READ');
      await other.query('SELECT 1 FROM organization');
      await expect(checkRewriteRights({ url: s.url, longSeconds: 0 })).rejects.toMatchObject(
        refusal(/the transaction of session \d+ \(a report\), open for \d+ s/),
      );
      // A short one is waited for.
      await checkRewriteRights({ url: s.url });
      await other.query('COMMIT');

      await other.query('BEGIN');
      await other.query(`UPDATE organization SET name = name`);
      await other.query(`PREPARE TRANSACTION 'half done'`);
      await expect(checkRewriteRights({ url: s.url })).rejects.toMatchObject(refusal(/the prepared transaction half done, prepared /));
      await other.query(`ROLLBACK PREPARED 'half done'`);
      await other.end();

      await settings(`ALTER SYSTEM SET wal_keep_size = '64MB'`);
      await expect
        .poll(
          () =>
            checkRewriteRights({ url: s.url }).then(
              () => null,
              (error: Error) => error.message,
            ),
          { timeout: 60_000 },
        )
        .toMatch(/wal_keep_size=64MB/);
      await settings('ALTER SYSTEM RESET wal_keep_size');
      await expect
        .poll(
          () =>
            checkRewriteRights({ url: s.url }).then(
              () => 'fine',
              (error: Error) => error.message,
            ),
          { timeout: 60_000 },
        )
        .toBe('fine');
    });

    test('a managed server’s login, which may not see the WAL, is told what it cannot promise, and the table is clean', async () => {
      const url = s.url.replace('postgres:local@', 'service:local@');
      const mark = await removed('managed');
      await expect(checkRewriteRights({ url })).rejects.toMatchObject({ code: 'config_invalid' });
      await checkRewriteRights({ url, server: 'managed' });
      const said = await rewriteStorage({ url, server: 'managed', gone: [new Secret(mark)] });
      expect(said).toMatchObject({ walClean: false, outside: ['managed_snapshots', 'managed_wal', 'dead_statistics'], search: null });
      await s.sql.query('CHECKPOINT');
      // Of the WAL nothing is promised, and whether the segment has been written over by now is chance.
      expect((await s.filesWith(mark)).filter((path) => !path.startsWith('pg_wal'))).toEqual([]);
      // Nor does it hide what it may not do at all.
      await s.sql.query('REVOKE MAINTAIN ON portal_task FROM service');
      await expect(checkRewriteRights({ url, server: 'managed' })).rejects.toMatchObject({
        message: expect.stringMatching(/VACUUM FULL of portal_task/) as string,
      });
    });

    test('a password that another row holds, or that was put back since, is no failure: of it nothing is claimed', async () => {
      const mark = await removed('one-of-two');
      await s.plant('other-of-two', mark);
      expect(await s.filesWith(mark)).not.toEqual([]);
      expect(await rewriteStorage({ url: s.url, gone: [new Secret(mark)] })).toMatchObject({ search: { found: [] } });
    });

    test('where files can be read, it says how many it has searched; what is still there is a failure, not a success', async () => {
      const mark = await removed('searched');
      await s.plant('copy', `${mark}-again`);
      // No row holds it now; the fixture's own proof of it begins with it.
      await s.sql.query(`UPDATE integration_endpoint SET config = '{}' WHERE id = 'copy'`);
      await expect(rewriteStorage({ url: s.url, gone: [new Secret(mark)] })).rejects.toMatchObject({
        code: 'database_failed',
        message: expect.stringMatching(/still to be read in base\/\d+\/\d+/) as string,
      });
      await s.sql.query(`UPDATE migration_proof SET fingerprint = NULL, row_fingerprint = NULL WHERE endpoint_id = 'copy'`);
      const said = await rewriteStorage({ url: s.url, gone: [new Secret(mark)] });
      expect(said.search?.found).toEqual([]);
      expect(said.search?.bytes).toBeGreaterThan(100_000);
      expect(await s.filesWith(mark)).toEqual([]);
    });
  },
);
