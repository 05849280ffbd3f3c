import type { Opaque } from './opaque.ts';

/** A part of an archive, as it lies there. */
export interface ZipEntry {
  readonly name: string;
  readonly isEncrypted: boolean;
  readonly method: 'stored' | 'deflated' | 'unknown';
  readonly packed: Buffer;
}

export const ZIP_PART = Buffer.from('PK\u0003\u0004', 'latin1');
const ZIP_ENTRY = Buffer.from('PK\u0001\u0002', 'latin1');
const ZIP_END = Buffer.from('PK\u0005\u0006', 'latin1');
const METHODS: Readonly<Record<number, ZipEntry['method']>> = { 0: 'stored', 8: 'deflated' };

/** The parts that the archive's directory names (APPNOTE 4.3), nothing of them unpacked. `Opaque` ends them. */
export function* zipEntries(bytes: Buffer): Generator<ZipEntry | Opaque, void, void> {
  const end = bytes.lastIndexOf(ZIP_END);
  if (end < 0 || end + 22 > bytes.length) return yield 'damaged';
  const count = bytes.readUInt16LE(end + 10);
  let at = bytes.readUInt32LE(end + 16);
  // Sizes of 4 GB and more, or 65,535 parts, stand elsewhere; no file that is taken is as large.
  if (count === 0xffff || at === 0xffffffff) return yield 'unknown_packing';
  for (let part = 0; part < count; part += 1) {
    if (!stands(bytes, at, { mark: ZIP_ENTRY, length: 46 })) return yield 'damaged';
    const [flags, method, size, header] = [bytes.readUInt16LE(at + 8), bytes.readUInt16LE(at + 10), bytes.readUInt32LE(at + 20), bytes.readUInt32LE(at + 42)];
    const name = bytes.toString('utf8', at + 46, at + 46 + bytes.readUInt16LE(at + 28));
    at += 46 + bytes.readUInt16LE(at + 28) + bytes.readUInt16LE(at + 30) + bytes.readUInt16LE(at + 32);
    const isEncrypted = (flags & 1) === 1;
    if (isEncrypted) {
      yield { name, isEncrypted, method: 'unknown', packed: Buffer.alloc(0) };
      continue;
    }
    if (!stands(bytes, header, { mark: ZIP_PART, length: 30 })) return yield 'damaged';
    const from = header + 30 + bytes.readUInt16LE(header + 26) + bytes.readUInt16LE(header + 28);
    if (from + size > bytes.length) return yield 'damaged';
    yield { name, isEncrypted, method: METHODS[method] ?? 'unknown', packed: bytes.subarray(from, from + size) };
  }
}

/** Whether a record of this length begins here, by its mark. */
const stands = (bytes: Buffer, at: number, { mark, length }: { readonly mark: Buffer; readonly length: number }): boolean =>
  at + length <= bytes.length && bytes.subarray(at, at + mark.length).equals(mark);
