import { hasCode, RcmError, systemClock } from '@rcm/telemetry';
import { backend } from '@rcm/test-services';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { rewriteStorage } from './rewrite.ts';
import { checkRewriteRights } from './rewrite-rights.ts';
import { startStorageServer, type StorageServer } from './storage-server.fixture.ts';

const ROWS = 400;
/** For what is no matter of a lock (older transactions, the server's WAL), in ms: much more than that takes, and less than others hold the table. */
const WAIT_MS = 4_000;
/** What VACUUM and ANALYZE hold. */
const AS_VACUUM = 'LOCK TABLE integration_endpoint IN SHARE UPDATE EXCLUSIVE MODE';

describe.runIf(backend() === 'embedded')('a rewrite beside others who use the tables (embedded only: its server is its own)', { timeout: 300_000 }, () => {
  let s: StorageServer;
  let others: pg.Client;
  beforeAll(async () => {
    s = await startStorageServer();
    await s.sql.query(`CREATE ROLE maintainer LOGIN PASSWORD 'local'`);
    await s.sql.query('GRANT pg_maintain, pg_checkpoint, pg_monitor TO maintainer');
    await s.sql.query('GRANT EXECUTE ON FUNCTION pg_switch_wal() TO maintainer');
    await s.sql.query('GRANT SELECT (starelid, staattnum) ON pg_statistic TO maintainer');
    for (let row = 0; row < ROWS; row += 1) await s.plant(`endpoint-${row}`, `password-${row}-${'x'.repeat(400)}`);
    others = new pg.Client({ connectionString: s.url });
    await others.connect();
  }, 120_000);
  afterAll(async () => {
    await others.end();
    await s.close();
  });

  const urlOf = (role: 'postgres' | 'maintainer'): string => s.url.replace('postgres:local@', `${role}:local@`);

  /** As a server of before `config` was taken out of ANALYZE. */
  async function sampled(): Promise<void> {
    await s.sql.query('ALTER TABLE integration_endpoint ALTER COLUMN config SET STATISTICS 100');
    await s.sql.query('ANALYZE integration_endpoint');
    await s.sql.query('ALTER TABLE integration_endpoint ALTER COLUMN config SET STATISTICS 0');
  }

  async function untilItIs(state: 'waiting' | 'not waiting'): Promise<void> {
    const waits = `SELECT FROM pg_stat_activity WHERE application_name = 'rcm storage rewrite' AND wait_event_type = 'Lock'`;
    while ((await s.sql.query(waits)).rows.length > 0 !== (state === 'waiting')) await systemClock.sleep(20);
  }

  test.each([
    ['the samples are removed (a login with the rights and nothing more)', 'maintainer'],
    ['the table is written anew (a superuser)', 'postgres'],
  ] as const)('what somebody’s VACUUM or ANALYZE holds up is tried again while %s, and nobody waits behind it meanwhile', async (_, role) => {
    await sampled();
    const told: string[] = [];
    await others.query('BEGIN');
    try {
      await others.query(AS_VACUUM);
      const rewritten = rewriteStorage({ url: urlOf(role), deadlineMs: WAIT_MS, onBusy: (statement) => told.push(statement) });
      rewritten.catch(() => undefined);
      for (let tries = 0; tries < 3; tries += 1) {
        await Promise.race([untilItIs('waiting'), rewritten]);
        await Promise.race([untilItIs('not waiting'), rewritten]);
        expect((await s.sql.query(`SELECT count(*)::int AS n FROM integration_endpoint`)).rows).toEqual([{ n: ROWS }]);
      }
      await others.query('COMMIT');
      expect(await rewritten).toMatchObject({ walClean: true });
    } finally {
      await others.query('ROLLBACK');
    }
    expect(told).toHaveLength(1);
  });

  test('a real VACUUM that takes long is neither counted as one who needs old rows nor given up on', async () => {
    await s.sql.query('UPDATE integration_endpoint SET updated_at = now()');
    await others.query('SET vacuum_cost_limit = 1');
    await others.query('SET vacuum_cost_delay = 30');
    const vacuumed = others.query('VACUUM (DISABLE_PAGE_SKIPPING) integration_endpoint').then(() => systemClock.elapsed());
    while ((await s.sql.query('SELECT FROM pg_stat_progress_vacuum')).rows.length === 0) await systemClock.sleep(20);
    const began = systemClock.elapsed();
    await checkRewriteRights({ url: s.url, longSeconds: 0 });
    expect(await rewriteStorage({ url: s.url, deadlineMs: WAIT_MS })).toMatchObject({ walClean: true });
    const [ended, rewritten] = [await vacuumed, systemClock.elapsed()];
    expect(ended).toBeGreaterThan(began + WAIT_MS + 1_000);
    expect(rewritten).toBeGreaterThan(ended);
  });

  test('a table that is never free ends it once its time is over, and names what could not be done', async () => {
    await others.query('BEGIN');
    try {
      await others.query(AS_VACUUM);
      await expect(rewriteStorage({ url: s.url, tableMs: 5_000 })).rejects.toMatchObject({
        code: 'deadline_exceeded',
        message: expect.stringContaining('VACUUM (FULL) integration_endpoint') as string,
      });
    } finally {
      await others.query('ROLLBACK');
    }
  });

  test('whoever is asked to stop does not wait on', async () => {
    const stop = new AbortController();
    await others.query('BEGIN');
    try {
      await others.query(AS_VACUUM);
      const rewritten = rewriteStorage({ url: s.url, signal: stop.signal, onBusy: () => stop.abort() });
      await expect(rewritten).rejects.toSatisfy((error) => error instanceof RcmError && hasCode(error, 'cancelled'));
    } finally {
      await others.query('ROLLBACK');
    }
  });
});
