import { DatabaseSync } from 'node:sqlite';
import { StartError, storageError } from '../start-error.ts';
import { BUSY_WAIT_MS, type Database } from './sqlite.ts';

export interface Lock {
  release(): void;
}

/**
 * One server per data file. The lock is SQLite's own on a file beside it: the system drops it with the process, however
 * that ends, so a killed server never blocks its successor. Fails with what SQLite says.
 */
export function lockBeside(path: string): Lock {
  const sqlite = new DatabaseSync(`${path}.lock`, { timeout: BUSY_WAIT_MS });
  try {
    sqlite.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    sqlite.close();
    throw error;
  }
  return { release: () => sqlite.close() };
}

/** Opens what is kept in a data file while nobody else can; `release` closes it and lets the next one in. `null`: nothing to lock. */
export function openLocked<Storage extends { readonly database: Database }>(lock: Lock | null, open: () => Storage): Storage & Lock {
  try {
    const storage = open();
    return {
      ...storage,
      release() {
        storage.database.close();
        lock?.release();
      },
    };
  } catch (error) {
    lock?.release();
    throw error;
  }
}

/** Fails with `data_file_in_use`. */
export function lockDataFile(path: string): Lock {
  try {
    return lockBeside(path);
  } catch (error) {
    const known = storageError(path, error);
    if (known.code !== 'data_file_in_use') throw known;
    throw new StartError('data_file_in_use', `${path} is in use by another local-aws.`, error);
  }
}
