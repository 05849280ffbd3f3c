import { RcmError, type Secret, systemClock, type Clock } from '@rcm/telemetry';
import { translated } from '../failure.ts';
import { LOCK_MS, patient } from './rewrite-patience.ts';
import { filesOf, REWRITTEN, SAMPLED, sizeOf } from './rewrite-places.ts';
import { copiesOutside } from './rewrite-outside.ts';
import { isCatalogue, mayRewrite } from './rewrite-rights.ts';
import { type ByteSearch, searchBytes } from './rewrite-search.ts';
import { NO_LAZY_VACUUM, type RewriteSession, withRewriteSession } from './rewrite-session.ts';
import { dropOldWal, MANAGED_WAL, type Until, type WalState } from './rewrite-wal.ts';
import type { OutsideKind } from './storage-state.ts';

export interface StorageRewrite extends WalState {
  /** Which copies only a person can deal with. */
  readonly outside: readonly OutsideKind[];
  /** What was looked for in the files afterwards; `null`: the login may not read them, or nothing was to be looked for. */
  readonly search: ByteSearch | null;
}

export interface RewriteOptions {
  /** Direct URL (no pooler) of a superuser, or of a login that `checkRewriteRights` finds nothing missing for. */
  readonly url: string;
  /** For each wait, in ms: for older transactions, for the server to drop its WAL. Default 120 000. */
  readonly deadlineMs?: number;
  /** For writing one table anew, which nobody uses meanwhile, and before that for others to let it go, in ms. Default one hour. */
  readonly tableMs?: number;
  /** Told before a table is written anew, with its bytes. */
  readonly onTable?: (table: string, bytes: number) => void;
  /** `managed` (RDS, Aurora): nobody may switch or see the WAL there, so that nothing is promised of it. Default `own`. */
  readonly server?: 'own' | 'managed';
  /** Texts that were removed: where files can be read, none may be in them afterwards. */
  readonly gone?: readonly Secret<string>[];
  /** Told once for each statement that somebody keeps from its lock. */
  readonly onBusy?: (statement: string) => void;
  /** Ends what is waited for, with `cancelled`; a table that is being written is written to its end. */
  readonly signal?: AbortSignal;
  readonly clock?: Clock;
}

/**
 * Makes the removal of plaintext true on disk, and answers only when that was seen. An UPDATE leaves the old row in its page, and copies of
 * it in more places:
 * - heap and TOAST: VACUUM FULL writes both anew and drops the old files; seen by the numbers of the files, and no warning is taken;
 * - samples in pg_statistic (compressed, so a byte search does not even see them): they are removed, and VACUUM FULL of the catalogue and
 *   its TOAST drops the dead ones; seen by there being none of these columns;
 * - write-ahead log: a switch of segment and two checkpoints, after which the server drops the old segments; seen by their names being
 *   gone. It really drops them only with `wal_recycle = off`; else it renames them for later use and their bytes stay. That is the server's
 *   setting (a superuser's ALTER SYSTEM and a reload); with it on, the answer says so. What was renamed before it was set is written over.
 *
 * VACUUM keeps a dead row as long as some older transaction might still see it, so it waits until none is left; a replication slot
 * or prepared transaction that holds it back, or a table that is never free, ends in `deadline_exceeded` (`checkRewriteRights` looks for them beforehand). Copies outside are named.
 * Repeating it is harmless. Fails with `deadline_exceeded`, `cancelled`, `database_unavailable`, `database_failed` (no right to, or not seen to be done).
 */
export async function rewriteStorage(options: RewriteOptions): Promise<StorageRewrite> {
  const { url, deadlineMs = 120_000, tableMs = 3_600_000, clock = systemClock, server = 'own', gone = [], signal } = options;
  const { onTable = () => undefined, onBusy = () => undefined } = options;
  const until: Until = async (what, reached) => {
    const deadline = clock.elapsed() + deadlineMs;
    while (!(await reached())) {
      if (clock.elapsed() >= deadline) throw new RcmError('deadline_exceeded', `The storage rewrite gave up after ${deadlineMs} ms: ${what}.`);
      await clock.sleep(200, signal);
    }
  };
  return translated(() =>
    withRewriteSession({ url, statementMs: tableMs, lockMs: LOCK_MS }, async (impatient) => {
      const session = patient(impatient, { clock, forMs: tableMs, signal, onBusy });
      const mine = await mayRewrite(session);
      await removeSamples(session);
      // Whoever began before may still see removed rows and samples, and VACUUM would keep them for them.
      await waitForOldTransactions(session, until);
      // What holds the rows themselves is asked for in any case: where it may not be rewritten, that is a failure and not left out.
      const relations = REWRITTEN.filter((relation) => server === 'own' || !isCatalogue(relation) || mine.includes(relation));
      for (const relation of relations) {
        onTable(relation, await sizeOf(session, relation));
        await rewrite(session, relation);
      }
      await expectNoSamples(session);
      const wal = server === 'own' ? await dropOldWal(session, until) : MANAGED_WAL;
      const search = await searchBytes(session, gone);
      expectNotFound(search, wal);
      const outside = await copiesOutside(session, server);
      if (server === 'own' && !wal.walClean) outside.push('recycled_wal');
      if (relations.length < REWRITTEN.length) outside.push('dead_statistics');
      return { ...wal, outside, search };
    }),
  );
}

/**
 * Until every transaction that began before this call is over: readers and writers of this database, prepared ones and standbys' among them, and writers of any other
 * database of the server: a reader here that begins later still counts from the oldest number that runs anywhere, and VACUUM keeps dead rows for it.
 */
async function waitForOldTransactions(session: RewriteSession, until: Until): Promise<void> {
  const [{ xid } = { xid: '0' }] = await session.query<{ xid: string }>('SELECT pg_current_xact_id()::text AS xid');
  const holders = `
    SELECT (SELECT count(*) FROM pg_stat_activity a WHERE a.pid <> pg_backend_pid() AND ${NO_LAZY_VACUUM}
               AND (age(a.backend_xid) > age($1::text::xid)
                 OR ((a.datname = current_database() OR a.backend_type = 'walsender') AND age(a.backend_xmin) > age($1::text::xid))))
         + (SELECT count(*) FROM pg_prepared_xacts p WHERE age(p.transaction) > age($1::text::xid))
         + (SELECT count(*) FROM pg_replication_slots s WHERE age(s.xmin) > age($1::text::xid) OR age(s.catalog_xmin) > age($1::text::xid)) AS holders`;
  await until('an older transaction, a prepared one or a replication slot still needs the old rows', async () => {
    const [found] = await session.query<{ holders: string }>(holders, [(BigInt(xid) & 0xffffffffn).toString()]);
    return found?.holders === '0';
  });
}

/** A superuser may delete from the catalogue on every version; others have a function for it from Postgres 18 on. */
async function removeSamples(session: RewriteSession): Promise<void> {
  const [{ super: superuser } = { super: false }] = await session.query<{ super: boolean }>(
    'SELECT rolsuper AS super FROM pg_roles WHERE rolname = current_user',
  );
  for (const { oid, schema, table, column } of await session.query<{ oid: string; schema: string; table: string; column: string }>(SAMPLED)) {
    if (superuser)
      await session.query(
        'DELETE FROM pg_catalog.pg_statistic WHERE starelid = $1 AND staattnum = (SELECT attnum FROM pg_attribute WHERE attrelid = $1 AND attname = $2)',
        [oid, column],
      );
    else await session.query('SELECT pg_clear_attribute_stats($1, $2, $3, false)::text', [schema, table, column]);
  }
}

async function rewrite(session: RewriteSession, relation: (typeof REWRITTEN)[number]): Promise<void> {
  const before = await filesOf(session, relation);
  await session.act(`VACUUM (FULL) ${relation}`);
  const after = await filesOf(session, relation);
  if (before.length === 0 || before.some((file) => after.includes(file)))
    throw new RcmError('database_failed', `Postgres said that ${relation} was rewritten, but its files are the old ones.`);
}

async function expectNoSamples(session: RewriteSession): Promise<void> {
  const left = (await session.query<{ table: string; column: string }>(SAMPLED)).map(({ table, column }) => `${table}.${column}`);
  if (left.length > 0)
    throw new RcmError(
      'database_failed',
      `pg_statistic still holds samples of ${left.join(', ')}: ANALYZE must not take any (ALTER COLUMN … SET STATISTICS 0).`,
    );
}

/** Nothing may be left in what was rewritten; in the WAL only where this is said. */
function expectNotFound(search: ByteSearch | null, { walClean }: Pick<WalState, 'walClean'>): void {
  const found = search?.found.filter((path) => walClean || !path.startsWith('pg_wal/')) ?? [];
  if (found.length > 0)
    throw new RcmError('database_failed', `The storage was rewritten, and what was removed is still to be read in ${found.join(', ')} of the data folder.`);
}
