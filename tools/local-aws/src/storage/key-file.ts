import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { replaceFile } from './replace-file.ts';

export const KEY_BYTES = 32;

/** `null` where the file holds no key. */
export function readKeyFile(path: string): Buffer | null {
  const bytes = Buffer.from(readFileSync(path, 'utf8').trim(), 'base64');
  return bytes.length === KEY_BYTES ? bytes : null;
}

/** Makes a key: after a crash there is either no key file or a whole one. */
export const writeKeyFile = (path: string): void => replaceFile(path, `${randomBytes(KEY_BYTES).toString('base64')}\n`);
