import { DatabaseSync } from 'node:sqlite';
import { LocalAwsStartError, storageError } from '../start-error.ts';

/**
 * One server per data file. The lock is SQLite's own on a file beside it: the system drops it with the process, however
 * that ends, so a killed server never blocks its successor. Fails with `data_file_in_use`.
 */
export function lockDataFile(path: string): { release(): void } {
  const lockPath = `${path}.lock`;
  try {
    const sqlite = new DatabaseSync(lockPath, { timeout: 3_000 });
    try {
      sqlite.exec('BEGIN EXCLUSIVE');
    } catch (error) {
      sqlite.close();
      throw error;
    }
    return { release: () => sqlite.close() };
  } catch (error) {
    const known = storageError(path, error);
    if (known.code !== 'data_file_in_use') throw known;
    throw new LocalAwsStartError('data_file_in_use', `${path} is in use by another local-aws.`, error);
  }
}
