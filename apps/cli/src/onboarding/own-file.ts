import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';
import { RcmError } from '@rcm/telemetry';

const LARGEST_BYTES = 16 * 1024 * 1024;
const OTHERS = 0o077;

/** The text of a file that holds passwords, which is its owner's alone (mode 0600). Fails with `input_invalid`, naming the option that it was given by. */
export function ownText(path: string, option: string): string {
  let file: number;
  try {
    file = openSync(path, constants.O_RDONLY);
  } catch (cause) {
    throw new RcmError('input_invalid', `${option}: the file cannot be read (${(cause as NodeJS.ErrnoException).code ?? 'error'}). Nothing was done.`, {
      cause,
    });
  }
  try {
    const { mode, size } = fstatSync(file);
    if ((mode & OTHERS) !== 0)
      throw new RcmError('input_invalid', `${option}: the file holds passwords, and others can read it: chmod 600 it first. Nothing was done.`);
    if (size > LARGEST_BYTES) throw new RcmError('input_invalid', `${option}: the file is larger than 16 MB. Nothing was done.`);
    return readFileSync(file, 'utf8');
  } finally {
    closeSync(file);
  }
}
