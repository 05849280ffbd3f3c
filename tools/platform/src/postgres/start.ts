import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { Secret, withDeadline } from '@rcm/telemetry';
import { keyFile, writeKeyFile, type KeyFile } from '../data/keys.ts';
import type { DataFolder } from '../data/folder.ts';
import type { PlaintextSearch } from '../search/scan.ts';
import type { Supervisor } from '../processes/supervisor.ts';

/** The database that a run works on, wherever it runs. */
export interface RunningPostgres {
  /** Superuser URL of the platform's database, in a file and as a handle. */
  readonly url: KeyFile;
  /** Searches every byte it keeps on disk. `live`: while it runs, after a checkpoint; else after `stop`. */
  searchStorage(search: PlaintextSearch): Promise<void>;
  stop(): Promise<void>;
}

export const DATABASE = 'rcm';
const STOP_MS = 30_000;
/** Long enough that agent and rotator hand back their work first, when we are killed. */
const LINGER_MS = 6_000;

/** Starts the embedded server under its watchdog, on a free port of 127.0.0.1, with the database made. */
export async function startEmbeddedPostgres(folder: DataFolder, supervisor: Supervisor): Promise<RunningPostgres> {
  const password = keyFile(folder.keys, 'postgres-password');
  const watchdog = supervisor.start({
    name: 'postgres',
    script: fileURLToPath(new URL('./watchdog.ts', import.meta.url)),
    environment: { RCM_POSTGRES_DIR: folder.postgres, RCM_POSTGRES_PASSWORD_FILE: password.path },
    lingerMs: LINGER_MS,
  });
  const port = await watchdog.announced((line) => (line.ready === true && typeof line.port === 'number' ? line.port : null));
  const urlOf = (database: string) => `postgresql://postgres:${password.value.reveal()}@127.0.0.1:${port}/${database}`;
  await createDatabase(urlOf('postgres'));
  return {
    url: writeKeyFile(folder.keys, 'database-url', new Secret(urlOf(DATABASE))),
    searchStorage: async () => {
      // Its folder lies in the data folder, which is searched as a whole.
    },
    stop: () => watchdog.stop(STOP_MS),
  };
}

export async function createDatabase(adminUrl: string): Promise<void> {
  await withClient(adminUrl, async (client) => {
    const { rowCount } = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [DATABASE]);
    if (rowCount === 0) await client.query(`CREATE DATABASE ${DATABASE}`);
  });
}

/**
 * As on a server that has run for a while: the planner has its samples (autovacuum would draw them within minutes), and what is in
 * memory is in the files, so that a search of them sees it.
 */
export const settleStorage = (url: string): Promise<void> =>
  withClient(url, async (client) => {
    await client.query('ANALYZE');
    await client.query('CHECKPOINT');
  });

/** One superuser's connection for one act, which ends within a minute. */
export async function withClient<T>(url: string, act: (client: pg.Client) => Promise<T>): Promise<T> {
  return withDeadline({ ms: 60_000, what: 'A statement of the platform on its database' }, async () => {
    const client = new pg.Client({ connectionString: url, application_name: 'rcm-platform', connectionTimeoutMillis: 10_000 });
    await client.connect();
    try {
      return await act(client);
    } finally {
      await client.end();
    }
  });
}
