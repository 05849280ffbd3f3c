import { inflateRawSync } from 'node:zlib';
import { zipEntries } from '../secrets/zip-entries.ts';
import { sheetProblem } from './problem.ts';

/** What the parts of a workbook that are read may unpack to, together. */
const MOST_UNPACKED = 64 * 1024 * 1024;
const MOST_PARTS = 1_000;

/** The parts of a workbook by name; unpacked when they are asked for, and never to more than `MOST_UNPACKED` bytes together. */
export class Archive {
  readonly #parts = new Map<string, { readonly method: 'stored' | 'deflated' | 'unknown'; readonly packed: Buffer }>();
  #left = MOST_UNPACKED;

  constructor(bytes: Uint8Array) {
    for (const entry of zipEntries(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength))) {
      if (typeof entry === 'string' || entry.isEncrypted) throw sheetProblem('is no workbook, or needs a password');
      // A name that stands there twice would mean another part to another reader.
      if (this.#parts.has(entry.name) || this.#parts.size >= MOST_PARTS) throw sheetProblem('is no workbook: its parts have no clear names');
      this.#parts.set(entry.name, entry);
    }
  }

  /** `null`: there is no such part. */
  text(name: string): string | null {
    const part = this.#parts.get(name);
    if (!part) return null;
    const plain = this.#unpacked(part);
    this.#left -= plain.length;
    try {
      return new TextDecoder('utf-8', { fatal: true }).decode(plain);
    } catch {
      throw sheetProblem('is no workbook: its parts are no UTF-8');
    }
  }

  #unpacked({ method, packed }: { readonly method: 'stored' | 'deflated' | 'unknown'; readonly packed: Buffer }): Buffer {
    if (method === 'unknown') throw sheetProblem('is packed in a way that is not known here');
    if (method === 'stored' && packed.length <= this.#left) return packed;
    try {
      if (method === 'deflated' && this.#left > 0) return inflateRawSync(packed, { maxOutputLength: this.#left });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ERR_BUFFER_TOO_LARGE') throw sheetProblem('is damaged: a part of it cannot be unpacked');
    }
    throw sheetProblem(`unpacks to more than ${MOST_UNPACKED / 1024 / 1024} MB`);
  }
}
