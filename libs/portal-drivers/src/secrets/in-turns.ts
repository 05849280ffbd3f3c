import { setImmediate as turn } from 'node:timers/promises';

/** So much is searched at a time; between two pieces the process does other work. */
const PIECE = 64 * 1024;
/** What two pieces have in common, so that a secret between them is found, drawn out as it may be. */
const COMMON = 4 * 1024;

/** Whether `isIn` is true of any piece of what is `length` long, each in a turn of the event loop of its own. Fails only by `signal`. */
export async function anyPiece(length: number, signal: AbortSignal, isIn: (from: number, to: number) => boolean): Promise<boolean> {
  for (let from = 0; from < length; from += PIECE - COMMON) {
    await turn();
    signal.throwIfAborted();
    if (isIn(from, from + PIECE)) return true;
    if (from + PIECE >= length) break;
  }
  return false;
}

/** Whether `isIn` is true of any of the texts, of which many or long ones are looked at in several turns. Fails only by `signal`. */
export async function anyText(texts: readonly string[], signal: AbortSignal, isIn: (text: string) => boolean): Promise<boolean> {
  let looked = 0;
  for (const text of texts) {
    if (looked > PIECE) {
      looked = 0;
      await turn();
      signal.throwIfAborted();
    }
    // Also the shortest takes its time.
    looked += text.length + 16;
    if (text.length <= PIECE ? isIn(text) : await anyPiece(text.length, signal, (from, to) => isIn(text.slice(from, to)))) return true;
  }
  return false;
}
