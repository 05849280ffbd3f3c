import { promisify } from 'node:util';
import { gunzip, inflate, inflateRaw } from 'node:zlib';

/** Bytes that all parts of a file together may unpack to. */
export const MOST_UNPACKED = 64 * 1024 * 1024;
const MOST_PARTS = 10_000;

/** Why nobody can tell what a packed file holds. */
export type Opaque = 'too_large' | 'damaged' | 'unknown_packing';

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
export async function* unpacked(bytes: Buffer, budget: Budget): AsyncGenerator<Buffer | Opaque> {
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

const ZIP_PART = Buffer.from('PK\u0003\u0004', 'latin1');
const ZIP_ENTRY = Buffer.from('PK\u0001\u0002', 'latin1');
const ZIP_END = Buffer.from('PK\u0005\u0006', 'latin1');
const STORED = 0;
const DEFLATED = 8;

/** The parts that the archive's directory names (APPNOTE 4.3). */
async function* zipParts(bytes: Buffer, budget: Budget): AsyncGenerator<Buffer | Opaque> {
  const end = bytes.lastIndexOf(ZIP_END);
  if (end < 0 || end + 22 > bytes.length) return yield 'damaged';
  const count = bytes.readUInt16LE(end + 10);
  let at = bytes.readUInt32LE(end + 16);
  // Sizes of 4 GB and more, or 65,535 parts, stand elsewhere; no file that is taken is as large.
  if (count === 0xffff || at === 0xffffffff) return yield 'unknown_packing';
  for (let part = 0; part < count; part += 1) {
    if (at + 46 > bytes.length || !bytes.subarray(at, at + 4).equals(ZIP_ENTRY)) return yield 'damaged';
    const [flags, method, size, header] = [bytes.readUInt16LE(at + 8), bytes.readUInt16LE(at + 10), bytes.readUInt32LE(at + 20), bytes.readUInt32LE(at + 42)];
    at += 46 + bytes.readUInt16LE(at + 28) + bytes.readUInt16LE(at + 30) + bytes.readUInt16LE(at + 32);
    const isEncrypted = (flags & 1) === 1;
    if (isEncrypted) continue;
    if (header + 30 > bytes.length || !bytes.subarray(header, header + 4).equals(ZIP_PART)) return yield 'damaged';
    const from = header + 30 + bytes.readUInt16LE(header + 26) + bytes.readUInt16LE(header + 28);
    if (from + size > bytes.length) return yield 'damaged';
    const packed = bytes.subarray(from, from + size);
    // What lies there as it is was searched with the archive, but not what it may have packed itself.
    if (method === DEFLATED) yield await unpack(inflateRaw, packed, budget);
    else if (method !== STORED) yield 'unknown_packing';
    else if (!spend(budget, size)) return yield 'too_large';
    else yield* unpacked(packed, budget);
  }
}

/** The streams of a PDF that zlib packed (ISO 32000, 7.4.4). Others are pictures and fonts, or packed in ways of their own. */
async function* pdfStreams(bytes: Buffer, budget: Budget): AsyncGenerator<Buffer | Opaque> {
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
