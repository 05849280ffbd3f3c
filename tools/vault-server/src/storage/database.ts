import { DatabaseSync, type SQLInputValue } from 'node:sqlite';
import { VaultServerStartError } from '../start-error.ts';
import { APPLICATION_ID, SCHEMA, TRANSIT_SCHEMA } from './schema.ts';

/** SQLite in this process's own thread: requests are served one after the other, so each act below is atomic by construction. */
export interface Database {
  all<Row>(sql: string, ...values: SQLInputValue[]): Row[];
  get<Row>(sql: string, ...values: SQLInputValue[]): Row | null;
  /** The row id of an insert. */
  run(sql: string, ...values: SQLInputValue[]): number;
  /** Commits, on the disk, before it returns; anything thrown rolls back. */
  transaction<T>(act: () => T): T;
  close(): void;
}

/** How long a file that a killed server is just letting go of is waited for, in ms. */
const BUSY_WAIT_MS = 3_000;

/**
 * Opens (and at first fills) the data file; `null` keeps everything in memory. WAL with `synchronous=FULL`: a write that was
 * answered survives SIGKILL. The file is locked for this process; the system drops the lock with it. Fails with `data_file_unusable`.
 */
export function openDatabase(path: string | null): Database {
  return opened(path ?? ':memory:', () => {
    const sqlite = new DatabaseSync(path ?? ':memory:', { timeout: BUSY_WAIT_MS });
    sqlite.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA secure_delete = ON;');
    const fresh = sqlite.prepare('SELECT count(*) AS tables FROM sqlite_schema').get()?.['tables'] === 0;
    if (fresh) sqlite.exec(`BEGIN IMMEDIATE; ${SCHEMA} PRAGMA application_id = ${APPLICATION_ID}; COMMIT;`);
    const ours = requireOurs(sqlite);
    ours.exec(TRANSIT_SCHEMA);
    return ours;
  });
}

/** A second, read-only look at a data file that a server may be using. Fails with `data_file_unusable`. */
export const openForReading = (path: string): Database => opened(path, () => requireOurs(new DatabaseSync(path, { readOnly: true, timeout: BUSY_WAIT_MS })));

function opened(path: string, open: () => DatabaseSync): Database {
  try {
    return wrap(open());
  } catch (cause) {
    throw new VaultServerStartError(
      'data_file_unusable',
      `${path} cannot be used as the data file: ${cause instanceof Error ? cause.message : 'unknown'}.`,
      cause,
    );
  }
}

function requireOurs(sqlite: DatabaseSync): DatabaseSync {
  if (sqlite.prepare('PRAGMA application_id').get()?.['application_id'] === APPLICATION_ID) return sqlite;
  sqlite.close();
  throw new Error('it is not one of vault-server');
}

const wrap = (sqlite: DatabaseSync): Database => ({
  all: <Row>(sql: string, ...values: SQLInputValue[]) => sqlite.prepare(sql).all(...values) as Row[],
  get: <Row>(sql: string, ...values: SQLInputValue[]) => (sqlite.prepare(sql).get(...values) ?? null) as Row | null,
  run: (sql, ...values) => Number(sqlite.prepare(sql).run(...values).lastInsertRowid),
  transaction(act) {
    sqlite.exec('BEGIN IMMEDIATE');
    try {
      const result = act();
      sqlite.exec('COMMIT');
      return result;
    } catch (error) {
      sqlite.exec('ROLLBACK');
      throw error;
    }
  },
  close: () => sqlite.close(),
});
