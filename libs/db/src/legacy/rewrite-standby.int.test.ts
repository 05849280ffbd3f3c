import { randomBytes } from 'node:crypto';
import { Secret } from '@rcm/telemetry';
import { backend, type StandbyPostgres, startStandby } from '@rcm/test-services';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { rewriteStorage } from './rewrite.ts';
import { fingerprintOf } from './row.fixture.ts';
import { scrubEndpoint } from './scrub.ts';
import { filesWith, startStorageServer, type StorageServer } from './storage-server.fixture.ts';

const HOUR = 3_600_000;

describe.runIf(backend() === 'embedded')(
  'on a standby that follows by streaming (needs a server whose data folder is its own: embedded only)',
  { timeout: 900_000 },
  () => {
    let s: StorageServer;
    let standby: StandbyPostgres;
    beforeAll(async () => {
      s = await startStorageServer();
      standby = await startStandby({ url: s.url, data: s.dataFolder }, { settings: { max_prepared_transactions: '2' } });
    }, 900_000);
    afterAll(async () => {
      await standby?.stop();
      await s?.close();
    });

    test('what was removed is in no file but its log, once it has replayed the rewrite; that it exists is named as outside', async () => {
      const mark = `MARK${randomBytes(12).toString('base64url')}`;
      for (let n = 0; n < 4; n += 1) {
        await s.plant(`e${n}`, `${mark}-${randomBytes(200_000).toString('base64')}`);
        expect(await scrubEndpoint(s.db, { endpointId: `e${n}`, orgId: 'org', proofMaxAgeMs: HOUR, fingerprintOf })).toBe('scrubbed');
      }
      await s.sql.query('CHECKPOINT');
      await standby.hasFollowed();
      const inTables = async () => (await filesWith(standby.data, mark)).filter((path) => !path.startsWith('pg_wal/'));
      // The judge sees what there is to see.
      expect(await inTables()).not.toEqual([]);

      const claimed = await rewriteStorage({ url: s.url, gone: [new Secret(mark)] });
      expect(claimed).toMatchObject({ walClean: true, outside: expect.arrayContaining(['base_backups', 'standbys']) as string[] });
      await s.sql.query('CHECKPOINT');
      await standby.hasFollowed();
      expect([await s.filesWith(mark), await inTables()]).toEqual([[], []]);
    });
  },
);
