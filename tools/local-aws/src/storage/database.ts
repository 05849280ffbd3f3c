import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';
import { storageError, LocalAwsStartError } from '../start-error.ts';
import { ADDED_SCHEMA } from '../objects/schema.ts';
import { REPLICA_SCHEMA } from '../secrets/replica-schema.ts';
import { APPLICATION_ID, SCHEMA, SCHEMA_VERSION } from './schema.ts';

/** SQLite, one statement at a time, in this process's own thread: calls are serial by construction. */
export interface Database {
  all<Row>(sql: string, ...values: SQLInputValue[]): Row[];
  get<Row>(sql: string, ...values: SQLInputValue[]): Row | null;
  /** Rows changed and, for an insert, the row id. */
  run(sql: string, ...values: SQLInputValue[]): { readonly changes: number; readonly rowId: number };
  /** Commits (and reaches the disk) before it returns; anything thrown rolls back. */
  transaction<T>(act: () => T): T;
  close(): void;
}

/** How long a file that another process is just letting go of is waited for at start, in milliseconds. */
const BUSY_WAIT_MS = 3_000;

/**
 * Opens (and at first fills) the data file; `null` keeps everything in memory. WAL with `synchronous=FULL`: a commit that
 * was answered survives the process and the machine. Errors: LocalAwsStartError about the file.
 */
export function openDatabase(path: string | null): Database {
  try {
    const sqlite = new DatabaseSync(path ?? ':memory:', { timeout: BUSY_WAIT_MS });
    try {
      sqlite.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA secure_delete = ON;');
      prepareSchema(sqlite, path ?? 'memory');
      sqlite.exec(ADDED_SCHEMA + REPLICA_SCHEMA);
    } catch (error) {
      sqlite.close();
      throw error;
    }
    return wrap(sqlite);
  } catch (error) {
    throw storageError(path ?? 'memory', error);
  }
}

/** A second, read-only look at a data file that a server may be using. Errors: LocalAwsStartError about the file. */
export function openForReading(path: string): Database {
  try {
    const sqlite = new DatabaseSync(path, { readOnly: true, timeout: BUSY_WAIT_MS });
    try {
      requireOurs(sqlite, path);
    } catch (error) {
      sqlite.close();
      throw error;
    }
    return wrap(sqlite);
  } catch (error) {
    throw storageError(path, error);
  }
}

const pragma = (sqlite: DatabaseSync, name: string): unknown => Object.values(sqlite.prepare(`PRAGMA ${name}`).get() ?? {})[0];

function prepareSchema(sqlite: DatabaseSync, path: string): void {
  const empty = sqlite.prepare('SELECT count(*) AS tables FROM sqlite_schema').get()?.['tables'] === 0;
  if (!empty) return requireOurs(sqlite, path);
  sqlite.exec(`BEGIN IMMEDIATE; ${SCHEMA} PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${SCHEMA_VERSION}; COMMIT;`);
}

function requireOurs(sqlite: DatabaseSync, path: string): void {
  if (pragma(sqlite, 'application_id') !== APPLICATION_ID) {
    throw new LocalAwsStartError('data_file_broken', `${path} is not a readable local-aws data file.`);
  }
  const version = pragma(sqlite, 'user_version');
  if (version !== SCHEMA_VERSION) {
    throw new LocalAwsStartError('data_file_mismatch', `${path} has data format ${String(version)}, this local-aws reads format ${SCHEMA_VERSION}.`);
  }
}

function wrap(sqlite: DatabaseSync): Database {
  const statements = new Map<string, StatementSync>();
  const prepared = (sql: string): StatementSync => {
    const known = statements.get(sql);
    if (known) return known;
    const statement = sqlite.prepare(sql);
    statements.set(sql, statement);
    return statement;
  };
  return {
    all: <Row>(sql: string, ...values: SQLInputValue[]) => prepared(sql).all(...values) as Row[],
    get: <Row>(sql: string, ...values: SQLInputValue[]) => (prepared(sql).get(...values) ?? null) as Row | null,
    run(sql, ...values) {
      const { changes, lastInsertRowid } = prepared(sql).run(...values);
      return { changes: Number(changes), rowId: Number(lastInsertRowid) };
    },
    transaction(act) {
      sqlite.exec('BEGIN IMMEDIATE');
      try {
        const result = act();
        sqlite.exec('COMMIT');
        return result;
      } catch (error) {
        if (sqlite.isTransaction) sqlite.exec('ROLLBACK');
        throw error;
      }
    },
    close: () => sqlite.close(),
  };
}
