import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { VaultServerStartError } from '../start-error.ts';

const KEY_BYTES = 32;
const IV_BYTES = 12;
const TAG_BYTES = 16;

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
  if (!existsSync(path)) throw new VaultServerStartError('data_file_unusable', `${dataFile} cannot be read without its key file ${path}.`);
  const bytes = Buffer.from(readFileSync(path, 'utf8').trim(), 'base64');
  if (bytes.length !== KEY_BYTES) throw new VaultServerStartError('data_file_unusable', `${path} is not a key file of vault-server.`);
  return rootKey(bytes);
}

function rootKey(bytes: Buffer): RootKey {
  const derive = (purpose: string): Buffer => Buffer.from(hkdfSync('sha256', bytes, '', `rcm-vault-server/${purpose}`, KEY_BYTES));
  const barrier = derive('barrier');
  return {
    seal(text) {
      const iv = randomBytes(IV_BYTES);
      const cipher = createCipheriv('aes-256-gcm', barrier, iv);
      const ciphertext = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
      return Buffer.concat([iv, cipher.getAuthTag(), ciphertext]);
    },
    open(box) {
      const decipher = createDecipheriv('aes-256-gcm', barrier, box.subarray(0, IV_BYTES), { authTagLength: TAG_BYTES });
      decipher.setAuthTag(box.subarray(IV_BYTES, IV_BYTES + TAG_BYTES));
      return Buffer.concat([decipher.update(box.subarray(IV_BYTES + TAG_BYTES)), decipher.final()]).toString('utf8');
    },
    token: (purpose) => derive(purpose).toString('base64url'),
  };
}

/** Written aside and renamed: a crash leaves either no key file or a whole one. */
function writeKeyFile(path: string): void {
  writeFileSync(`${path}.new`, `${randomBytes(KEY_BYTES).toString('base64')}\n`, { mode: 0o600, flush: true });
  renameSync(`${path}.new`, path);
}
