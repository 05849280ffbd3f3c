import { DatabaseSync } from 'node:sqlite';
import { BUSY_WAIT_MS, type Database, isEmpty, type Lock, lockBeside, pragma, StartError, wrap, WRITE_THROUGH } from '@rcm/local-aws/kit';
import { APPLICATION_ID, DELETE_AFTER_SCHEMA, SCHEMA, TRANSIT_SCHEMA } from './schema.ts';

/**
 * Opens (and at first fills) the data file; `null` keeps everything in memory. WAL with `synchronous=FULL`: a write that was
 * answered survives SIGKILL. Fails with `data_file_unusable`.
 */
export function openDatabase(path: string | null): Database {
  return usable(path ?? ':memory:', () => {
    const sqlite = new DatabaseSync(path ?? ':memory:', { timeout: BUSY_WAIT_MS });
    sqlite.exec(WRITE_THROUGH);
    if (isEmpty(sqlite)) sqlite.exec(`BEGIN IMMEDIATE; ${SCHEMA} PRAGMA application_id = ${APPLICATION_ID}; COMMIT;`);
    const ours = requireOurs(sqlite);
    ours.exec(TRANSIT_SCHEMA + DELETE_AFTER_SCHEMA);
    return wrap(ours);
  });
}

/** A second, read-only look at a data file that a server may be using. Fails with `data_file_unusable`. */
export const openForReading = (path: string): Database =>
  usable(path, () => wrap(requireOurs(new DatabaseSync(path, { readOnly: true, timeout: BUSY_WAIT_MS }))));

/** Keeps every other server from the data file; before its key is looked for, which two might make. Fails with `data_file_unusable`. */
export const lockDataFile = (path: string): Lock => usable(path, () => lockBeside(path));

function usable<T>(path: string, open: () => T): T {
  try {
    return open();
  } catch (cause) {
    throw new StartError('data_file_unusable', `${path} cannot be used as the data file: ${cause instanceof Error ? cause.message : 'unknown'}.`, cause);
  }
}

function requireOurs(sqlite: DatabaseSync): DatabaseSync {
  if (pragma(sqlite, 'application_id') === APPLICATION_ID) return sqlite;
  sqlite.close();
  throw new Error('it is not one of vault-server');
}
