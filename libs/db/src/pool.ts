import pg from 'pg';
import { BeginningClient } from './beginning-client.ts';
import { connectionOf } from './connection.ts';

/** Everything that waits for Postgres ends within these (milliseconds). */
export const TIMEOUTS = {
  connect: 5_000,
  /** For one of the pool's connections to become free: longer, because a busy process is not a broken one. */
  freeConnection: 20_000,
  statement: 30_000,
  idleInTransaction: 30_000,
} as const;

/** The pool has one time-out for both waits and hands it on to its clients; connecting gets its own here. */
class PoolClient extends BeginningClient {
  constructor(config?: pg.ClientConfig) {
    super({ ...config, connectionTimeoutMillis: TIMEOUTS.connect });
  }
}

export interface PoolOptions {
  readonly url: string;
  readonly applicationName: string;
  readonly maxConnections: number;
  /** Called each time that Postgres answers and writes nothing. Default: nobody asks. */
  readonly onRefusal?: (() => void) | undefined;
}

/**
 * A pool whose every wait ends. The two server time-outs are start-up parameters, because a transaction-mode pooler keeps no session:
 * a PgBouncer in front must list them in `ignore_startup_parameters`, and have them set on the role instead.
 * Fails with `config_invalid` where the URL is not one to connect to.
 */
export function createPool({ url, applicationName, maxConnections, onRefusal = () => undefined }: PoolOptions): pg.Pool {
  const pool = new pg.Pool({
    Client: PoolClient,
    ...connectionOf(url),
    application_name: applicationName,
    max: maxConnections,
    connectionTimeoutMillis: TIMEOUTS.freeConnection,
    idleTimeoutMillis: 30_000,
    statement_timeout: TIMEOUTS.statement,
    idle_in_transaction_session_timeout: TIMEOUTS.idleInTransaction,
    // For a connection that died silently: gives up a little after the server would have.
    query_timeout: TIMEOUTS.statement + 5_000,
    keepAlive: true,
  });
  pool.on('connect', (client) => void ((client as unknown as PoolClient).onRefusal = onRefusal));
  pool.on('acquire', (client) => (client as unknown as PoolClient).forget());
  // Before the pool decides whether it keeps the connection.
  pool.on('release', (_, client) => (client as unknown as PoolClient).leaveWhereNothingIsWritten());
  // An idle connection that breaks is simply replaced; without a listener it would end the process.
  pool.on('error', () => {});
  return pool;
}
