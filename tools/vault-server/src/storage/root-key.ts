import { hkdfSync, randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { KEY_BYTES, readKeyFile, seal, StartError, unseal, writeKeyFile } from '@rcm/local-aws/kit';

/** What is sealed is bound to nothing but the key. */
const CONTEXT = '';

/** The barrier: what it seals can be read only with the key beside the data file. */
export interface RootKey {
  seal(text: string): Buffer;
  open(box: Uint8Array): string;
  /** A text that is the same for the same purpose under the same key, and cannot be guessed. */
  token(purpose: string): string;
}

const keyFileOf = (dataFile: string): string => `${dataFile}.key`;

/** Reads `<data file>.key` (mode 600) or makes it while there is no data file; without a data file the key lives in memory. */
export function openRootKey(dataFile: string | null): RootKey {
  if (dataFile === null) return rootKey(randomBytes(KEY_BYTES));
  if (!existsSync(keyFileOf(dataFile)) && !existsSync(dataFile)) writeKeyFile(keyFileOf(dataFile));
  return readRootKey(dataFile);
}

/** Fails with `data_file_unusable` where the key is gone or is none. */
export function readRootKey(dataFile: string): RootKey {
  const path = keyFileOf(dataFile);
  if (!existsSync(path)) throw new StartError('data_file_unusable', `${dataFile} cannot be read without its key file ${path}.`);
  const bytes = readKeyFile(path);
  if (!bytes) throw new StartError('data_file_unusable', `${path} is not a key file of vault-server.`);
  return rootKey(bytes);
}

function rootKey(bytes: Buffer): RootKey {
  const derive = (purpose: string): Buffer => Buffer.from(hkdfSync('sha256', bytes, '', `rcm-vault-server/${purpose}`, KEY_BYTES));
  const barrier = derive('barrier');
  return {
    seal: (text) => seal(barrier, Buffer.from(text, 'utf8'), CONTEXT),
    open(box) {
      const opened = unseal(barrier, box, CONTEXT);
      if (!opened) throw new Error('A value does not open under the key file.');
      return opened.toString('utf8');
    },
    token: (purpose) => derive(purpose).toString('base64url'),
  };
}
