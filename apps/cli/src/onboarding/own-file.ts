import { isUtf8 } from 'node:buffer';
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
    const bytes = readFileSync(file);
    // Decoded regardless, a password would be another one, and be typed.
    if (!isUtf8(bytes)) throw new RcmError('input_invalid', `${option}: the file is not UTF-8: export it as UTF-8, or convert it. Nothing was done.`);
    return bytes.toString('utf8');
  } finally {
    closeSync(file);
  }
}
