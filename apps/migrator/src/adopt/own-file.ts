import { closeSync, constants, createReadStream, fstatSync, openSync } from 'node:fs';
import { RcmError } from '@rcm/telemetry';

const OTHERS = 0o077;

/**
 * The text of a file that holds passwords and is its owner's alone (mode 0600), a piece at a time. What is no UTF-8 is not read as something else. Fails with `input_invalid`.
 */
export async function* textOf(option: string, path: string): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  const decode = (bytes?: Uint8Array): string => {
    try {
      return bytes ? decoder.decode(bytes, { stream: true }) : decoder.decode();
    } catch {
      throw refused(option, 'is not UTF-8');
    }
  };
  for await (const bytes of createReadStream(path, { fd: open(option, path) })) yield decode(bytes as Uint8Array);
  yield decode();
}

function open(option: string, path: string): number {
  let file: number;
  try {
    file = openSync(path, constants.O_RDONLY);
  } catch (cause) {
    throw refused(option, `cannot be read (${(cause as NodeJS.ErrnoException).code ?? 'error'})`);
  }
  if ((fstatSync(file).mode & OTHERS) === 0) return file;
  closeSync(file);
  throw refused(option, 'holds passwords, and others can read it: `chmod 600` it first');
}

export const refused = (option: string, why: string): RcmError => new RcmError('input_invalid', `${option}: the file ${why}. Nothing was changed.`);
