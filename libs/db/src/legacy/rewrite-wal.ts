import type { RewriteSession } from './rewrite-session.ts';

/** Asks until it is so, as long as the rewrite has time. */
export type Until = (what: string, reached: () => Promise<boolean>) => Promise<void>;

export interface WalState {
  /** Whether no byte of what was removed can be left in the write-ahead log. */
  readonly walClean: boolean;
  /** What is left to do where it can, as a sentence. */
  readonly note: string | null;
}

/** On a managed server the WAL is the service's. */
export const MANAGED_WAL: WalState = {
  walClean: false,
  note: 'The WAL of a managed server is the service’s: its archive and snapshots hold what was removed until they expire.',
};

const RECYCLED: WalState = {
  walClean: false,
  note: 'The server runs with wal_recycle=on: WAL segments that were renamed for later use keep their old bytes until they are written over. Set wal_recycle=off for the server and run the rewrite again.',
};

/** Segments that are written at a stretch. */
const AT_A_STRETCH = 16;

const SEGMENT = `name ~ '^[0-9A-F]{24}$'`;

/**
 * A switch of segment and two checkpoints, after which the server drops the old segments; seen by their names being gone. With `wal_recycle` it renames some for later use, and
 * their bytes stay: then that is the answer. Without, those that it renamed while it had it lie ahead still, so the log is driven past the last of them first.
 */
export async function dropOldWal(session: RewriteSession, until: Until): Promise<WalState> {
  const recycles = await recyclesWal(session);
  await session.query('SELECT pg_switch_wal()');
  await session.act('CHECKPOINT');
  if (!recycles) await writeOverWhatLiesAhead(session, until);
  // The first segment that may stay: the one in which this connection now writes.
  const current = await segmentNow(session);
  await until('the server keeps old WAL segments (wal_keep_size, a replication slot or a failing archive command)', async () => {
    await session.query('SELECT pg_switch_wal()');
    await session.act('CHECKPOINT');
    const [old] = await session.query<{ left: string }>(`SELECT count(*) AS left FROM pg_ls_waldir() WHERE ${SEGMENT} AND substr(name, 9) < $1`, [current]);
    return old?.left === '0';
  });
  // Asked again: a server that was told to recycle meanwhile may have done so.
  return recycles || (await recyclesWal(session)) ? RECYCLED : { walClean: true, note: null };
}

/** What this session alone is told of it, or its role or database, says nothing of the server. */
async function recyclesWal(session: RewriteSession): Promise<boolean> {
  const [setting] = await session.query<{ off: boolean }>(
    `SELECT setting = 'off' AND source NOT IN ('user', 'database', 'database user', 'client', 'session', 'interactive', 'override') AS off FROM pg_settings WHERE name = 'wal_recycle'`,
  );
  return setting?.off !== true;
}

async function writeOverWhatLiesAhead(session: RewriteSession, until: Until): Promise<void> {
  const [last] = await session.query<{ segment: string | null }>(`SELECT max(substr(name, 9)) AS segment FROM pg_ls_waldir() WHERE ${SEGMENT}`);
  const ahead = last?.segment ?? '';
  await until('WAL segments that were renamed for later use are not all written over yet; run it again, it goes on from there', async () => {
    for (let n = 0; n < AT_A_STRETCH; n += 1) {
      if ((await segmentNow(session)) > ahead) return true;
      // A switch does nothing in a segment in which nothing is written; a number that is taken is.
      await session.query('SELECT pg_current_xact_id()::text');
      await session.query('SELECT pg_switch_wal()');
    }
    return false;
  });
}

/** Without its timeline, as all are told apart. */
async function segmentNow(session: RewriteSession): Promise<string> {
  const [now] = await session.query<{ segment: string }>('SELECT substr(pg_walfile_name(pg_current_wal_insert_lsn()), 9) AS segment');
  return now?.segment ?? '';
}
