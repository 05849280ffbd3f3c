import type { SecretMask } from '../secret-mask.ts';
import { anyPiece } from './in-turns.ts';
import { type Budget, newBudget, unpacked } from './unpacked.ts';
import type { Opaque } from './opaque.ts';

/** What is sought in a file: `anywhere` in it, or as one of its `fields`. */
export interface SoughtInFile {
  readonly anywhere: SecretMask;
  /** Secrets that are so short that they may be in a file by chance. */
  readonly fields: SecretMask;
}

/** Packed files in packed files beyond this are not taken. */
const MOST_DEPTH = 3;

/** Whether a file holds a secret, packed parts included; `Opaque` where nobody can tell. Fails only by `signal`. */
export async function searchFile(bytes: Uint8Array, sought: SoughtInFile, signal: AbortSignal): Promise<'secret' | 'none' | Opaque> {
  return search(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength), sought, { budget: newBudget(), depth: 0, signal });
}

interface Progress {
  readonly budget: Budget;
  readonly depth: number;
  readonly signal: AbortSignal;
}

async function search(bytes: Buffer, sought: SoughtInFile, { budget, depth, signal }: Progress): Promise<'secret' | 'none' | Opaque> {
  const isIn = (from: number, to: number): boolean => readings(bytes.subarray(from, to), sought).some((text) => holds(text, sought));
  if (await anyPiece(bytes.length, signal, isIn)) return 'secret';
  for await (const part of unpacked(bytes, budget)) {
    if (typeof part === 'string') return part;
    if (depth === MOST_DEPTH) return 'too_large';
    const found = await search(part, sought, { budget, depth: depth + 1, signal });
    if (found !== 'none') return found;
  }
  return 'none';
}

/**
 * The ways to read bytes as text. Empty bytes count as nothing between letters, so one byte a letter reads UTF-16 and UTF-32, too, in
 * any order and alignment; other readings are only for secrets with letters beyond.
 */
function readings(piece: Buffer, { anywhere, fields }: SoughtInFile): string[] {
  const codes = [...anywhere.forms, ...fields.forms].flatMap(({ letters }) => letters);
  const encodings = codes.some((code) => code > 127) ? ['utf-8', ...(codes.some((code) => code > 255) ? ['utf-16le', 'utf-16be'] : [])] : [];
  const decoded = encodings.flatMap((encoding) => [0, ...(encoding === 'utf-8' ? [] : [1])].map((at) => new TextDecoder(encoding).decode(piece.subarray(at))));
  return [piece.toString('latin1'), ...decoded];
}

/** Marks inside which letters are not shown, and what PDF has between the parts of a word. Both leave off at the next of their kind. */
const BETWEEN = /<[^<>]*>|\)[\s\d.-]*\(/g;
const FIELD_ENDS = /[,;|\t\r\n"'*~^<>()]+/;

function holds(text: string, { anywhere, fields }: SoughtInFile): boolean {
  if (anywhere.isIn(text)) return true;
  if (anywhere.isIn(text.replace(BETWEEN, ''))) return true;
  return fields.isIn(text) && text.split(FIELD_ENDS).some((field) => fields.isAll(field.replaceAll('\0', '')));
}
