import { createHash, type Hash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { link, mkdir, open, readFile, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { isRcmError, RcmError } from '@rcm/telemetry';

/** A login takes about 1 KB; what is larger is no backup of an organization. */
const MAX_FILE_BYTES = 1_073_741_824;

/**
 * Writes a new file whole or not at all: under another name first, to the disk, and then under its own, which must be free. Nobody else may read it, though what
 * it holds is sealed. Returns its SHA-256. Fails with `input_invalid`, and with what the stream fails with; then nothing lies under the name.
 */
export async function writeSealed(path: string, bytes: ReadableStream<Uint8Array>): Promise<string> {
  const folder = dirname(path);
  const partial = join(folder, `.${randomUUID()}.partial`);
  const digest = createHash('sha256');
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const file = await open(partial, 'wx', 0o600);
    try {
      await file.writeFile(digested(bytes, digest));
      await file.sync();
    } finally {
      await file.close();
    }
    // A rename would replace a file that is there.
    await link(partial, path);
    await syncFolder(folder);
    return digest.digest('hex');
  } catch (error) {
    throw translated(error, `The backup could not be written to ${path}`, 'No file lies there that was not there before.');
  } finally {
    await rm(partial, { force: true });
  }
}

async function* digested(bytes: ReadableStream<Uint8Array>, digest: Hash): AsyncGenerator<Uint8Array> {
  for await (const chunk of bytes) {
    digest.update(chunk);
    yield chunk;
  }
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  await handle.sync().finally(() => handle.close());
}

/** The bytes of a file, as often as they are asked for and the same each time: what is checked is what is used. Fails with `input_invalid`. */
export async function readSealed(path: string): Promise<() => ReadableStream<Uint8Array>> {
  try {
    const { size } = await stat(path);
    if (size > MAX_FILE_BYTES) throw new RcmError('input_invalid', `${path} is larger than any backup. Nothing was changed.`);
    const bytes = await readFile(path);
    return () => Readable.toWeb(Readable.from(inPieces(bytes))) as ReadableStream<Uint8Array>;
  } catch (error) {
    throw translated(error, `${path} cannot be read`, 'Nothing was changed.');
  }
}

const PIECE_BYTES = 65_536;
function* inPieces(bytes: Uint8Array): Generator<Uint8Array> {
  for (let from = 0; from < bytes.length; from += PIECE_BYTES) yield bytes.subarray(from, from + PIECE_BYTES);
}

/** Identities of age, a line each, as `age-keygen` writes them. */
export async function readIdentities(path: string): Promise<readonly string[]> {
  const lines: string[] = [];
  try {
    for await (const chunk of createReadStream(path, { encoding: 'utf8', end: 65_535 })) lines.push(...String(chunk).split('\n'));
  } catch (error) {
    throw translated(error, `${path} cannot be read`, 'Nothing was changed.');
  }
  const identities = lines.map((line) => line.trim()).filter((line) => line !== '' && !line.startsWith('#'));
  if (identities.length === 0) throw new RcmError('input_invalid', `${path} holds no identity of age. Nothing was changed.`);
  return identities;
}

function translated(error: unknown, what: string, safe: string): unknown {
  const { code, syscall } = error as NodeJS.ErrnoException;
  if (isRcmError(error) || syscall === undefined) return error;
  const why =
    code === 'EEXIST'
      ? 'there is one of that name'
      : code === 'ENOSPC'
        ? 'the disk is full'
        : code === 'ENOENT'
          ? 'there is no such file'
          : code === 'EACCES'
            ? 'this user may not'
            : String(code);
  return new RcmError('input_invalid', `${what}: ${why}. ${safe}`);
}
