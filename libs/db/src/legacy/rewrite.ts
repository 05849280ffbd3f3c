import pg from 'pg';
import { RcmError, systemClock, type Clock } from '@rcm/telemetry';
import { translated } from '../failure.ts';
import { TIMEOUTS } from '../pool.ts';

export interface StorageRewrite {
  /** Whether no byte of what was removed can be left in the write-ahead log either. */
  readonly walClean: boolean;
  /** What is left to do where `walClean` is false, as a sentence. */
  readonly note: string | null;
}

export interface RewriteOptions {
  /** Direct URL (no pooler) of the tables' owner, who may also vacuum pg_statistic and switch WAL: a superuser. */
  readonly url: string;
  /** Default 120 000. */
  readonly deadlineMs?: number;
  readonly clock?: Clock;
}

/**
 * Makes the removal of plaintext true on disk. An UPDATE leaves the old row in its page, and copies of it in more places:
 * - heap and TOAST: VACUUM FULL writes both anew and drops the old files;
 * - samples in pg_statistic (compressed, so a byte search does not even see them): ANALYZE replaces them, and VACUUM FULL of the
 *   catalogue and its TOAST drops the replaced ones;
 * - write-ahead log: a switch of segment and two checkpoints, after which the server drops the old segments. It really drops
 *   them only with `wal_recycle = off`; else it renames them for later use and their bytes stay. That is the server's setting
 *   (a superuser's ALTER SYSTEM and a reload); with it on, the answer says so.
 *
 * VACUUM keeps a dead row as long as some older transaction might still see it, so it first waits until none is left; a replication slot
 * or prepared transaction that holds it back ends in `deadline_exceeded`. Copies outside (base backups, archived WAL, standbys) are the operator's.
 * Repeating it is harmless. Fails with `deadline_exceeded`, `database_unavailable`, `database_failed` (no right to).
 */
export async function rewriteStorage({ url, deadlineMs = 120_000, clock = systemClock }: RewriteOptions): Promise<StorageRewrite> {
  const deadline = clock.now().getTime() + deadlineMs;
  const client = new pg.Client({
    connectionString: url,
    application_name: 'rcm storage rewrite',
    connectionTimeoutMillis: TIMEOUTS.connect,
    statement_timeout: deadlineMs,
    lock_timeout: deadlineMs,
  });
  client.on('error', () => {});
  const until = async (what: string, reached: () => Promise<boolean>): Promise<void> => {
    while (!(await reached())) {
      if (clock.now().getTime() >= deadline) throw new RcmError('deadline_exceeded', `The storage rewrite gave up after ${deadlineMs} ms: ${what}.`);
      await clock.sleep(200);
    }
  };
  return translated(async () => {
    try {
      await client.connect();
      await waitForOldTransactions(client, until);
      await client.query('VACUUM (FULL, ANALYZE) integration_endpoint');
      // The ANALYZE above replaced samples; until a moment ago somebody may have been reading the replaced ones.
      await waitForOldTransactions(client, until);
      await client.query('VACUUM (FULL) pg_statistic');
      await client.query('VACUUM (FULL) pg_statistic_ext_data');
      return await dropOldWal(client, until);
    } finally {
      await client.end().catch(() => {});
    }
  });
}

type Until = (what: string, reached: () => Promise<boolean>) => Promise<void>;

/** Until every transaction that began before this call is over: of this database, prepared ones and standbys' among them. */
async function waitForOldTransactions(client: pg.Client, until: Until): Promise<void> {
  const { rows } = await client.query<{ xid: string }>('SELECT pg_current_xact_id()::text AS xid');
  const xid = rows[0]?.xid ?? '0';
  const holders = `
    SELECT (SELECT count(*) FROM pg_stat_activity a WHERE a.pid <> pg_backend_pid() AND (a.datname = current_database() OR a.backend_type = 'walsender')
               AND (age(a.backend_xmin) > age($1::text::xid) OR age(a.backend_xid) > age($1::text::xid)))
         + (SELECT count(*) FROM pg_prepared_xacts p WHERE p.database = current_database() AND age(p.transaction) > age($1::text::xid))
         + (SELECT count(*) FROM pg_replication_slots s WHERE age(s.xmin) > age($1::text::xid) OR age(s.catalog_xmin) > age($1::text::xid)) AS holders`;
  await until('an older transaction, a prepared one or a replication slot still needs the old rows', async () => {
    const found = await client.query<{ holders: string }>(holders, [(BigInt(xid) & 0xffffffffn).toString()]);
    return found.rows[0]?.holders === '0';
  });
}

async function dropOldWal(client: pg.Client, until: Until): Promise<StorageRewrite> {
  await client.query('SELECT pg_switch_wal()');
  await client.query('CHECKPOINT');
  // The first segment that may stay: the one in which this connection now writes.
  const current = await client.query<{ segment: string }>('SELECT pg_walfile_name(pg_current_wal_insert_lsn()) AS segment');
  await until('the server keeps old WAL segments (wal_keep_size, a replication slot or a failing archive command)', async () => {
    await client.query('SELECT pg_switch_wal()');
    await client.query('CHECKPOINT');
    const old = await client.query<{ left: string }>(
      `SELECT count(*) AS left FROM pg_ls_waldir() WHERE name ~ '^[0-9A-F]{24}$' AND substr(name, 9) < substr($1, 9)`,
      [current.rows[0]?.segment],
    );
    return old.rows[0]?.left === '0';
  });
  const { rows } = await client.query<{ recycle: string }>(`SELECT current_setting('wal_recycle') AS recycle`);
  if (rows[0]?.recycle === 'off') return { walClean: true, note: null };
  return {
    walClean: false,
    note: 'The server runs with wal_recycle=on: WAL segments that were renamed for later use keep their old bytes until they are written over. Set wal_recycle=off and run the rewrite again.',
  };
}
