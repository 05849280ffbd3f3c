import { randomBytes } from 'node:crypto';
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';

export const KEY_BYTES = 32;

/** `null` where the file holds no key. */
export function readKeyFile(path: string): Buffer | null {
  const bytes = Buffer.from(readFileSync(path, 'utf8').trim(), 'base64');
  return bytes.length === KEY_BYTES ? bytes : null;
}

/** Makes a key. Written aside and renamed: a crash leaves either no key file or a whole one. */
export function writeKeyFile(path: string): void {
  const draft = `${path}.new`;
  const file = openSync(draft, 'w', 0o600);
  try {
    writeSync(file, `${randomBytes(KEY_BYTES).toString('base64')}\n`);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(draft, path);
  const folder = openSync(dirname(path), 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}
