import { randomBytes } from 'node:crypto';
import { Secret } from '@rcm/telemetry';
import { backend } from '@rcm/test-services';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { rewriteStorage } from './rewrite.ts';
import { checkRewriteRights } from './rewrite-rights.ts';
import { fingerprintOf } from './row.fixture.ts';
import { scrubEndpoint } from './scrub.ts';
import { startStorageServer, type StorageServer } from './storage-server.fixture.ts';

const HOUR = 3_600_000;

/** All that it takes, each with what takes it away and what is said then. */
const RIGHTS = [
  [
    'GRANT pg_maintain TO maintainer',
    'REVOKE pg_maintain FROM maintainer',
    /VACUUM FULL of integration_endpoint .*; VACUUM FULL of migration_proof .*; VACUUM FULL of portal_task .*; VACUUM FULL of pg_statistic /,
  ],
  ['GRANT EXECUTE ON FUNCTION pg_switch_wal() TO maintainer', 'REVOKE EXECUTE ON FUNCTION pg_switch_wal() FROM maintainer', /EXECUTE on pg_switch_wal/],
  ['GRANT pg_checkpoint TO maintainer', 'REVOKE pg_checkpoint FROM maintainer', /CHECKPOINT \(pg_checkpoint\)/],
  ['GRANT EXECUTE ON FUNCTION pg_ls_waldir() TO maintainer', 'REVOKE EXECUTE ON FUNCTION pg_ls_waldir() FROM maintainer', /EXECUTE on pg_ls_waldir/],
  ['GRANT pg_read_all_stats TO maintainer', 'REVOKE pg_read_all_stats FROM maintainer', /other sessions’ transactions \(pg_read_all_stats\)/],
  [
    'GRANT SELECT (starelid, staattnum) ON pg_statistic TO maintainer',
    'REVOKE SELECT (staattnum) ON pg_statistic FROM maintainer',
    /SELECT \(starelid, staattnum\) on pg_statistic/,
  ],
] as const;

describe.runIf(backend() === 'embedded')(
  'who rewrites the storage (needs a server whose roles and data folder are its own: embedded only)',
  { timeout: 300_000 },
  () => {
    let s: StorageServer;
    const urlOf = (role: string): string => s.url.replace('postgres:local@', `${role}:local@`);
    const samplesOfConfig = async () =>
      (
        await s.sql.query(
          `SELECT 1 FROM pg_statistic WHERE starelid = 'integration_endpoint'::regclass AND staattnum = (SELECT attnum FROM pg_attribute WHERE attrelid = starelid AND attname = 'config')`,
        )
      ).rowCount;

    beforeAll(async () => {
      s = await startStorageServer();
      for (const role of ['switcher', 'maintainer']) await s.sql.query(`CREATE ROLE ${role} LOGIN PASSWORD 'local'`);
      await s.sql.query('GRANT pg_checkpoint, pg_monitor TO switcher');
      await s.sql.query('GRANT EXECUTE ON FUNCTION pg_switch_wal() TO switcher');
      for (const [grant] of RIGHTS) await s.sql.query(grant);
    }, 120_000);
    afterAll(() => s.close());

    /** Plaintext that was removed from its row, and a sample of it. */
    async function removed(id: string): Promise<string> {
      const mark = `MARK${randomBytes(12).toString('base64url')}`;
      await s.plant(id, mark);
      await s.sql.query('ALTER TABLE integration_endpoint ALTER COLUMN config SET STATISTICS 100');
      await s.sql.query('ANALYZE integration_endpoint');
      await s.sql.query('ALTER TABLE integration_endpoint ALTER COLUMN config SET STATISTICS 0');
      expect(await scrubEndpoint(s.db, { endpointId: id, orgId: 'org', proofMaxAgeMs: HOUR, fingerprintOf })).toBe('scrubbed');
      await s.sql.query('CHECKPOINT');
      expect(await s.filesWith(mark)).not.toEqual([]);
      return mark;
    }

    test('one that may switch WAL but not vacuum the table is told so beforehand, and never that it has rewritten anything', async () => {
      const mark = await removed('switched');
      await expect(checkRewriteRights({ url: urlOf('switcher') })).rejects.toMatchObject({
        code: 'config_invalid',
        message: expect.stringMatching(/nothing was removed.*VACUUM FULL of integration_endpoint/) as string,
      });
      await expect(rewriteStorage({ url: urlOf('switcher') })).rejects.toMatchObject({ code: 'database_failed' });
      expect(await s.filesWith(mark)).not.toEqual([]);
      expect(await samplesOfConfig()).toBe(1);
    });

    test('one that may vacuum everything but the catalogue has rewritten nothing either', async () => {
      await s.sql.query('GRANT MAINTAIN ON integration_endpoint, migration_proof, adopted_id, portal_task TO switcher');
      await s.sql.query('GRANT SELECT (starelid, staattnum) ON pg_statistic TO switcher');
      await expect(checkRewriteRights({ url: urlOf('switcher') })).rejects.toMatchObject({
        message: expect.stringMatching(/lacks: VACUUM FULL of pg_statistic/) as string,
      });
      await expect(rewriteStorage({ url: urlOf('switcher') })).rejects.toMatchObject({
        code: 'database_failed',
        message: expect.stringMatching(/did not do what it was asked \(VACUUM \(FULL\) pg_catalog\.pg_statistic\).*skipping/) as string,
      });
    });

    test('one with the rights and nothing more leaves no byte and no sample', async () => {
      const mark = await removed('kept');
      await checkRewriteRights({ url: urlOf('maintainer') });
      expect(await rewriteStorage({ url: urlOf('maintainer'), gone: [new Secret(mark)] })).toEqual({
        walClean: true,
        note: null,
        outside: ['base_backups'],
        search: null,
      });
      await s.sql.query('CHECKPOINT');
      expect(await s.filesWith(mark)).toEqual([]);
      expect(await samplesOfConfig()).toBe(0);
    });

    test.each(RIGHTS)('each of them is looked for: %s', async (grant, revoke, said) => {
      await s.sql.query(revoke);
      await expect(checkRewriteRights({ url: urlOf('maintainer') })).rejects.toMatchObject({
        code: 'config_invalid',
        message: expect.stringMatching(said) as string,
      });
      await s.sql.query(grant);
      await checkRewriteRights({ url: urlOf('maintainer') });
    });

    test('what keeps samples of its own of a row’s plaintext has to go first, and is named', async () => {
      await s.sql.query(`CREATE INDEX by_user ON integration_endpoint ((config->'credentials'->>'username'))`);
      await s.sql.query('CREATE STATISTICS of_config (mcv) ON config, org_id FROM integration_endpoint');
      await expect(checkRewriteRights({ url: s.url })).rejects.toMatchObject({
        code: 'config_invalid',
        message: expect.stringMatching(/Drop first.*: index by_user, statistics of_config\./) as string,
      });
      await s.sql.query('DROP INDEX by_user');
      await s.sql.query('DROP STATISTICS of_config');
      await checkRewriteRights({ url: s.url });
    });

    test('another database than the platform’s is noticed', async () => {
      await s.sql.query('CREATE DATABASE other');
      await expect(checkRewriteRights({ url: s.url.replace(/\/postgres$/, '/other') })).rejects.toMatchObject({
        message: expect.stringMatching(/another database/) as string,
      });
    });
  },
);
