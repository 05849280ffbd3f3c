import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { replaceFile } from '@rcm/local-aws/kit';
import { Secret } from '@rcm/telemetry';

/** A secret of the platform itself, kept in a file of mode 600 and handed to processes by that file's name. */
export interface KeyFile {
  readonly path: string;
  readonly value: Secret<string>;
}

/** The key of this name, made from 32 random bytes (hex) where there is none yet. Plain characters only: it ends up in URLs. */
export function keyFile(folder: string, name: string): KeyFile {
  const path = join(folder, name);
  const existing = textOf(path);
  if (existing !== null) return { path, value: new Secret(existing) };
  return writeKeyFile(folder, name, new Secret(randomBytes(32).toString('hex')));
}

/** Writes a value that is known from elsewhere (a database URL, AWS keys). */
export function writeKeyFile(folder: string, name: string, value: Secret<string>): KeyFile {
  const path = join(folder, name);
  replaceFile(path, `${value.reveal()}\n`);
  return { path, value };
}

function textOf(path: string): string | null {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw cause;
  }
}
