import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { RcmError } from '@rcm/telemetry';

const OTHERS = 0o077;
const PIECE = 65_536;

/** A file that holds passwords and is its owner's alone (mode 0600): the same one however often it is read, also where another has come in its place. */
export interface OwnFile {
  /** Its text from the beginning, a piece at a time. What is no UTF-8 is not read as something else, and nothing is given once somebody has written to it. Fails with `input_invalid`. */
  text(): AsyncGenerator<string>;
  close(): Promise<void>;
}

/** Fails with `input_invalid`. */
export async function openOwn(option: string, path: string): Promise<OwnFile> {
  // A pipe nobody writes to is not waited for: it is refused with all that is no regular file.
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK).catch((cause: unknown) => {
    throw refused(option, `cannot be read (${(cause as NodeJS.ErrnoException).code ?? 'error'})`);
  });
  try {
    const asChecked = await check(option, file);
    return { text: () => textOf(option, file, asChecked), close: () => file.close() };
  } catch (error) {
    await file.close();
    throw error;
  }
}

async function check(option: string, file: FileHandle): Promise<string> {
  const found = await file.stat();
  if (!found.isFile()) throw refused(option, 'is no regular file, and it has to be read twice');
  if ((found.mode & OTHERS) !== 0) throw refused(option, 'holds passwords, and others can read it: `chmod 600` it first');
  return stateOf(file);
}

async function stateOf(file: FileHandle): Promise<string> {
  const { size, mtimeNs } = await file.stat({ bigint: true });
  return `${size} ${mtimeNs}`;
}

async function* textOf(option: string, file: FileHandle, asChecked: string): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  const decode = (bytes?: Uint8Array): string => {
    try {
      return bytes ? decoder.decode(bytes, { stream: true }) : decoder.decode();
    } catch {
      throw refused(option, 'is not UTF-8');
    }
  };
  const piece = Buffer.alloc(PIECE);
  for (let at = 0; ;) {
    const { bytesRead } = await file.read(piece, 0, PIECE, at);
    // Before any of it is used: where it was cut, half a password would be taken for one.
    if ((await stateOf(file)) !== asChecked)
      throw new RcmError(
        'input_invalid',
        `${option}: the file was written to while it was read. What was taken of it before stays; run it again once it is whole.`,
      );
    if (bytesRead === 0) break;
    at += bytesRead;
    yield decode(piece.subarray(0, bytesRead));
  }
  yield decode();
}

export const refused = (option: string, why: string): RcmError => new RcmError('input_invalid', `${option}: the file ${why}. Nothing was changed.`);
