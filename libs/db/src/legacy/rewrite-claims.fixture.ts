import pg from 'pg';
import type { StorageServer } from './storage-server.fixture.ts';

/** Each right that a login needs which is no superuser's, as docs/migration.md lists them. */
const RIGHTS = {
  pg_maintain: 'GRANT pg_maintain TO $',
  pg_switch_wal: 'GRANT EXECUTE ON FUNCTION pg_switch_wal() TO $',
  pg_checkpoint: 'GRANT pg_checkpoint TO $',
  pg_ls_waldir: 'GRANT EXECUTE ON FUNCTION pg_ls_waldir() TO $',
  pg_read_all_stats: 'GRANT pg_read_all_stats TO $',
  'SELECT on pg_statistic': 'GRANT SELECT (starelid, staattnum) ON pg_statistic TO $',
} as const;
type Right = keyof typeof RIGHTS;
const ALL = Object.keys(RIGHTS) as Right[];

export interface Login {
  /** As docs/rewrite-claims.md calls it. */
  readonly name: string;
  readonly role: string;
  /** `null`: a superuser. */
  readonly rights: readonly Right[] | null;
  readonly ownsDatabase?: true;
}

const MAINTAINER: Login = { name: 'these rights', role: 'maintainer', rights: ALL };
export const LOGINS: readonly Login[] = [
  { name: 'a superuser', role: 'chief', rights: null },
  {
    name: 'the owner of the database, with these rights but pg_maintain',
    role: 'owner',
    rights: ALL.filter((right) => right !== 'pg_maintain'),
    ownsDatabase: true,
  },
  MAINTAINER,
  ...ALL.map((missing, n) => ({ name: `these rights without ${missing}`, role: `lacks_${n}`, rights: ALL.filter((right) => right !== missing) })),
];
export async function makeLogins({ sql }: StorageServer): Promise<void> {
  for (const { role, rights, ownsDatabase } of LOGINS) {
    await sql.query(`CREATE ROLE ${role} LOGIN PASSWORD 'local' ${rights === null ? 'SUPERUSER' : ''}`);
    for (const right of rights ?? []) await sql.query(RIGHTS[right].replace('$', role));
    if (ownsDatabase) await sql.query(`ALTER DATABASE postgres OWNER TO ${role}`);
  }
}

export interface State {
  /** As docs/rewrite-claims.md calls it. */
  readonly name: string;
  readonly server: 'own' | 'managed';
  /** Before what is removed was ever written; answers how it is undone. */
  begin?(s: StorageServer): Promise<() => Promise<void>>;
  /** Once it has been removed, and before the rewrite. */
  then?(s: StorageServer, rewrite: () => Promise<unknown>, mark: string): Promise<void>;
}

const SEGMENTS_AHEAD = 20;

async function recycles({ sql, url }: StorageServer, as: 'on' | 'off'): Promise<void> {
  await sql.query(`ALTER SYSTEM SET wal_recycle = ${as}`);
  // So many segments are renamed that what lies furthest ahead is not written over soon.
  await sql.query(`ALTER SYSTEM SET min_wal_size = '40MB'`);
  await sql.query('SELECT pg_reload_conf()');
  // A session that began afterwards is not enough: the checkpointer has to have heard of it, too, which it does before its next checkpoint.
  for (let said = ''; said !== as;) {
    const fresh = new pg.Client({ connectionString: url });
    await fresh.connect();
    said = (await fresh.query<{ wal_recycle: string }>('SHOW wal_recycle')).rows[0]?.wal_recycle ?? '';
    await fresh.query('CHECKPOINT');
    await fresh.end();
  }
  if (as === 'off') return;
  for (let n = 0; n < SEGMENTS_AHEAD; n += 1) {
    await sql.query('SELECT pg_current_xact_id()');
    await sql.query('SELECT pg_switch_wal()');
  }
  await sql.query('CHECKPOINT');
}

/** Stands in for a standby: it takes all that is written, and keeps none. */
async function follower({ sql, url }: StorageServer): Promise<() => Promise<void>> {
  const [{ at } = { at: '' }] = (await sql.query<{ at: string }>('SELECT pg_current_wal_flush_lsn()::text AS at')).rows;
  const client = new pg.Client({ connectionString: url, replication: 'true' } as pg.ClientConfig);
  client.on('error', () => undefined);
  await client.connect();
  // It has an end only when it is ended, below; before anything follows, an end is a failure.
  let ended = null as Error | null;
  void client.query(`START_REPLICATION PHYSICAL ${at}`).catch((error: unknown) => void (ended = error as Error));
  while ((await sql.query('SELECT 1 FROM pg_stat_replication')).rowCount === 0) {
    if (ended) throw ended;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return async () => {
    await sql.query('SELECT pg_terminate_backend(pid) FROM pg_stat_replication');
    while ((await sql.query('SELECT 1 FROM pg_stat_replication')).rowCount !== 0) await new Promise((resolve) => setTimeout(resolve, 20));
    client.connection?.stream.destroy();
  };
}

async function slot({ sql }: StorageServer): Promise<() => Promise<void>> {
  await sql.query(`SELECT pg_create_physical_replication_slot('nobodys', true)`);
  return async () => void (await sql.query(`SELECT pg_drop_replication_slot('nobodys')`));
}

async function prepared({ url, sql }: StorageServer): Promise<() => Promise<void>> {
  const other = new pg.Client({ connectionString: url });
  await other.connect();
  await other.query('BEGIN');
  await other.query('UPDATE organization SET name = name');
  await other.query(`PREPARE TRANSACTION 'half done'`);
  await other.end();
  return async () => void (await sql.query(`ROLLBACK PREPARED 'half done'`));
}

export const STATES: readonly State[] = [
  { name: 'as it should be', server: 'own' },
  { name: '`wal_recycle` on', server: 'own', begin: async (s) => (await recycles(s, 'on'), () => recycles(s, 'off')) },
  {
    name: '`wal_recycle` on until now',
    server: 'own',
    begin: async (s) => (await recycles(s, 'on'), () => recycles(s, 'off')),
    async then(s, rewrite, mark) {
      await rewrite();
      if ((await s.filesWith(mark, 'pg_wal')).length === 0) throw new Error('no renamed segment holds what was removed, so nothing is tried');
      await recycles(s, 'off');
    },
  },
  { name: 'a standby', server: 'own', begin: follower },
  { name: 'a slot that nobody reads', server: 'own', begin: slot },
  { name: 'a prepared transaction', server: 'own', begin: prepared },
  { name: 'managed', server: 'managed' },
  { name: 'managed, a slot that nobody reads', server: 'managed', begin: slot },
  { name: 'managed, a prepared transaction', server: 'managed', begin: prepared },
];

/** One login in every state, and every login in the first; the one that may not rewrite the rows also where least is promised. All of them in the long form. */
export const isTriedOnAChange = (login: Login, state: State): boolean =>
  login === MAINTAINER || state === STATES[0] || (state.name === 'managed' && login.rights?.includes('pg_maintain') === false);
