import { hkdfSync, randomBytes } from 'node:crypto';
import { chmodSync, closeSync, existsSync, openSync, readSync, statSync } from 'node:fs';
import { StartError, storageError } from '../start-error.ts';
import { KEY_BYTES, readKeyFile, writeKeyFile } from './key-file.ts';

/** The root of every key of this account. It never leaves this object; what is needed is derived for one purpose. */
export interface RootKey {
  /** 32 bytes that are the same for the same purpose, and tell nothing of another purpose's. */
  derive(purpose: string): Buffer;
}

const keyFileOf = (dataFile: string): string => `${dataFile}.hsm`;

/**
 * Plays the hardware module: reads `<data file>.hsm` (mode 600), or makes it while there is no data file yet. A data file
 * without its key file is refused: nothing in it could be read. Without a data file the key lives in memory.
 */
export function openRootKey(dataFile: string | null): RootKey {
  if (dataFile === null) return rootKey(randomBytes(KEY_BYTES));
  const path = keyFileOf(dataFile);
  try {
    if (!existsSync(path)) {
      if (existsSync(dataFile) && statSync(dataFile).size > 0) {
        if (!isSqlite(dataFile)) throw new StartError('data_file_broken', `${dataFile} is not a readable local-aws data file.`);
        throw new StartError('key_file_missing', `${dataFile} cannot be read without its key file ${path}.`);
      }
      writeKeyFile(path);
    }
    chmodSync(path, 0o600);
  } catch (error) {
    throw storageError(path, error);
  }
  return readRootKey(dataFile);
}

/** Reads an existing key file and changes nothing. Fails with `key_file_missing` or `key_file_broken`. */
export function readRootKey(dataFile: string): RootKey {
  const path = keyFileOf(dataFile);
  if (!existsSync(path)) throw new StartError('key_file_missing', `${dataFile} cannot be read without its key file ${path}.`);
  const bytes = readKeyFile(path);
  if (!bytes) throw new StartError('key_file_broken', `${path} is not a key file of local-aws.`);
  return rootKey(bytes);
}

/** Each is derived once: every call with a session asks for the same one. */
function rootKey(bytes: Buffer): RootKey {
  const derived = new Map<string, Buffer>();
  return {
    derive(purpose) {
      const key = derived.get(purpose) ?? Buffer.from(hkdfSync('sha256', bytes, '', `rcm-local-aws/${purpose}`, KEY_BYTES));
      derived.set(purpose, key);
      return key;
    },
  };
}

/** Every SQLite file begins with these words (sqlite.org/fileformat.html). */
function isSqlite(path: string): boolean {
  const file = openSync(path, 'r');
  try {
    const head = Buffer.alloc(16);
    readSync(file, head);
    return head.toString('latin1') === 'SQLite format 3\0';
  } finally {
    closeSync(file);
  }
}
