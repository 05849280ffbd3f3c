import { createReadStream } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { RcmError } from '@rcm/telemetry';
import type { SignedHead } from '../heads/head.ts';
import { TORN } from '../verify-audit.mjs';
import type { HeadSink, HeadSource } from './sink.ts';

/** Whole lines a write: what several writers append at once stays apart by lines. */
const WRITE_BYTES = 64 * 1024;
const NEWLINE = 10;

/**
 * A file that is only appended to (`chattr +a` fits), on storage that whoever administers the database cannot write. A line that a death or a full
 * disk has cut is not taken back: the next writer ends it with a mark.
 */
export function headFile(path: string): HeadSink & HeadSource {
  return {
    name: 'file',
    place: path,
    async write(heads) {
      const file = await open(path, 'a+', 0o640).catch((cause: unknown) => {
        throw unwritten(path, cause);
      });
      try {
        const { size } = await file.stat();
        if (size > 0 && (await byteAt(file, size - 1)) !== NEWLINE) await append(file, `${TORN}\n`);
        for (const block of blocksOf(heads)) await append(file, block);
        await file.datasync();
        if (size === 0) await syncFolder(dirname(path));
      } catch (cause) {
        throw unwritten(path, cause);
      } finally {
        await file.close();
      }
    },
    read: () => createReadStream(path),
    close: () => {},
  };
}

async function append(file: FileHandle, text: string): Promise<void> {
  const bytes = Buffer.from(text);
  // Not `appendFile`, which would put the rest of a cut write behind what another has appended meanwhile.
  const { bytesWritten } = await file.write(bytes);
  if (bytesWritten < bytes.length) throw Object.assign(new Error('the write was cut'), { code: 'ENOSPC' });
}

function* blocksOf(heads: readonly SignedHead[]): Generator<string> {
  let block = '';
  for (const { line } of heads) {
    if (block.length + line.length > WRITE_BYTES) {
      yield block;
      block = '';
    }
    block += `${line}\n`;
  }
  if (block !== '') yield block;
}

async function byteAt(file: FileHandle, position: number): Promise<number | undefined> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(1), 0, 1, position);
  return bytesRead === 1 ? buffer[0] : undefined;
}

/** So that a file that was just made is still there after a loss of power. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

const unwritten = (path: string, cause: unknown): RcmError =>
  new RcmError('audit_unavailable', `The file of heads ${path} could not be written (${(cause as NodeJS.ErrnoException).code ?? 'error'}).`, { cause });
