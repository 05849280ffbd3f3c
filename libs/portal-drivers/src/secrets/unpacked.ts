import { promisify } from 'node:util';
import { gunzip, inflate, inflateRaw } from 'node:zlib';
import { ZIP_PART, zipEntries } from './zip-entries.ts';
import type { Opaque } from './opaque.ts';

/** Bytes that all parts of a file together may unpack to. */
export const MOST_UNPACKED = 64 * 1024 * 1024;
const MOST_PARTS = 10_000;

/** What is left of what a file may unpack to. */
export interface Budget {
  bytes: number;
  parts: number;
}

export const newBudget = (): Budget => ({ bytes: MOST_UNPACKED, parts: MOST_PARTS });

/**
 * The packed parts of a file, one after the other: of a ZIP archive (and so of xlsx and docx), of gzip, and of a PDF's streams. Parts
 * that lie there unpacked, or need a password, are left out. `Opaque` ends them.
 */
export async function* unpacked(bytes: Buffer, budget: Budget): AsyncGenerator<Buffer | Opaque, void, void> {
  if (bytes.subarray(0, 4).equals(ZIP_PART)) yield* zipParts(bytes, budget);
  else if (bytes[0] === 0x1f && bytes[1] === 0x8b) yield await unpack(gunzip, bytes, budget);
  else if (bytes.subarray(0, 1_024).includes('%PDF-')) yield* pdfStreams(bytes, budget);
}

type Unpack = (bytes: Buffer, options: { readonly maxOutputLength: number }) => Promise<Buffer>;

/** `false` where nothing is left. Parts of an archive may lie over each other, so those that are not packed count, too. */
function spend(budget: Budget, bytes: number): boolean {
  budget.parts -= 1;
  budget.bytes -= bytes;
  return budget.parts >= 0 && budget.bytes >= 0;
}

async function unpack(method: typeof gunzip | typeof inflate | typeof inflateRaw, packed: Buffer, budget: Budget): Promise<Buffer | Opaque> {
  if (budget.bytes <= 0 || !spend(budget, 0)) return 'too_large';
  try {
    const plain = await (promisify(method) as Unpack)(packed, { maxOutputLength: budget.bytes });
    spend(budget, plain.length);
    return plain;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE' ? 'too_large' : 'damaged';
  }
}

async function* zipParts(bytes: Buffer, budget: Budget): AsyncGenerator<Buffer | Opaque, void, void> {
  for (const entry of zipEntries(bytes)) {
    if (typeof entry === 'string') yield entry;
    else if (entry.isEncrypted) continue;
    // What lies there as it is was searched with the archive, but not what it may have packed itself.
    else if (entry.method === 'deflated') yield await unpack(inflateRaw, entry.packed, budget);
    else if (entry.method === 'unknown') yield 'unknown_packing';
    else if (!spend(budget, entry.packed.length)) return yield 'too_large';
    else yield* unpacked(entry.packed, budget);
  }
}

/** The streams of a PDF that zlib packed (ISO 32000, 7.4.4). Others are pictures and fonts, or packed in ways of their own. */
async function* pdfStreams(bytes: Buffer, budget: Budget): AsyncGenerator<Buffer | Opaque, void, void> {
  for (let at = bytes.indexOf('stream'); at >= 0; at = bytes.indexOf('stream', at)) {
    at += 'stream'.length;
    const from = at + (bytes[at] === 0x0d ? 1 : 0) + 1;
    if (bytes[from] !== 0x78) continue;
    const end = bytes.indexOf('endstream', from);
    if (end < 0) return;
    const plain = await unpack(inflate, bytes.subarray(from, end), budget);
    if (plain !== 'damaged') yield plain;
    at = end + 'endstream'.length;
  }
}
