import { DatabaseSync } from 'node:sqlite';
import { storageError, StartError } from '../start-error.ts';
import { ADDED_SCHEMA } from '../objects/schema.ts';
import { REPLICA_SCHEMA } from '../secrets/replica-schema.ts';
import { APPLICATION_ID, SCHEMA, SCHEMA_VERSION } from './schema.ts';
import { BUSY_WAIT_MS, type Database, isEmpty, pragma, wrap, WRITE_THROUGH } from './sqlite.ts';

export type { Database } from './sqlite.ts';

/**
 * Opens (and at first fills) the data file; `null` keeps everything in memory. WAL with `synchronous=FULL`: a commit that
 * was answered survives the process and the machine. Errors: StartError about the file.
 */
export const openDatabase = (path: string | null): Database =>
  opened(path ?? ':memory:', { readOnly: false }, (sqlite) => {
    sqlite.exec(WRITE_THROUGH);
    prepareSchema(sqlite, path ?? 'memory');
    sqlite.exec(ADDED_SCHEMA + REPLICA_SCHEMA);
  });

/** A second, read-only look at a data file that a server may be using. Errors: StartError about the file. */
export const openForReading = (path: string): Database => opened(path, { readOnly: true }, (sqlite) => requireOurs(sqlite, path));

function opened(path: string, how: { readonly readOnly: boolean }, prepare: (sqlite: DatabaseSync) => void): Database {
  try {
    const sqlite = new DatabaseSync(path, { ...how, timeout: BUSY_WAIT_MS });
    try {
      prepare(sqlite);
    } catch (error) {
      sqlite.close();
      throw error;
    }
    return wrap(sqlite);
  } catch (error) {
    throw storageError(path, error);
  }
}

function prepareSchema(sqlite: DatabaseSync, path: string): void {
  if (!isEmpty(sqlite)) return void requireOurs(sqlite, path);
  sqlite.exec(`BEGIN IMMEDIATE; ${SCHEMA} PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${SCHEMA_VERSION}; COMMIT;`);
}

function requireOurs(sqlite: DatabaseSync, path: string): void {
  if (pragma(sqlite, 'application_id') !== APPLICATION_ID) {
    throw new StartError('data_file_broken', `${path} is not a readable local-aws data file.`);
  }
  const version = pragma(sqlite, 'user_version');
  if (version !== SCHEMA_VERSION) {
    throw new StartError('data_file_mismatch', `${path} has data format ${String(version)}, this local-aws reads format ${SCHEMA_VERSION}.`);
  }
}
