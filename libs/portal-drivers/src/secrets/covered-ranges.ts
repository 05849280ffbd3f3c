import type { Range, SearchOn } from './search-on.ts';

/**
 * What secrets cover of a stretch that a search has followed, from right to left: goes back through its rows and keeps the bits from which an end was
 * reached. A step between two kept bits is a step of a secret. Runs inside pages, too, so it uses nothing from outside itself.
 */
export class CoveredRanges {
  readonly #on: SearchOn;
  /** The bits kept before the character that is looked at. */
  readonly #kept: Int32Array;
  #found: [number, number][] = [];
  /** Where the last look for the letters beyond a cut began and ended. */
  #beyond: Range = [-1, -1];

  constructor(on: SearchOn) {
    this.#on = on;
    this.#kept = new Int32Array(on.sought.words);
  }

  /** To be called before the first stretch of a text. */
  beginText(): void {
    this.#beyond = [-1, -1];
  }

  /** Goes over the rows, and leaves the kept bits in them. */
  of(text: string): Range[] {
    const { sought, readings, rows, visited } = this.#on;
    this.#found = [];
    for (let at = rows.reach; at >= rows.from; at -= 1) {
      const { encoded, cut } = this.#keepEnds(text, at);
      if (encoded) this.#cover(at, readings.endOfDigits(text, at));
      if (cut) this.#cover(at, this.#endBeyondCut(text, at));
      if (at < text.length) this.#keepBefore(text, at);
      rows.bits.set(this.#kept, rows.rowAt(at));
      visited(sought.words);
    }
    return this.#found;
  }

  #cover(from: number, to: number): void {
    const last = this.#found.at(-1);
    if (last && to >= last[0]) [last[0], last[1]] = [Math.min(from, last[0]), Math.max(to, last[1])];
    else this.#found.push([from, to]);
  }

  /** Keeps the bits of forms that end here, and no others; whether forms end here of which more may follow. */
  #keepEnds(text: string, at: number): { readonly encoded: boolean; readonly cut: boolean } {
    const { sought, readings, rows } = this.#on;
    const here = rows.rowAt(at);
    const alone = sought.hasAlone && readings.edgeAfter(text, at);
    let encoded = 0;
    let cut = 0;
    for (let word = 0; word < sought.words; word += 1) {
      const row = rows.bits[here + word]!;
      this.#kept[word] = row & (sought.last[word]! | (alone ? sought.lastAlone[word]! : 0));
      encoded |= row & sought.lastEncoded[word]!;
      cut |= row & sought.lastCut[word]!;
    }
    return { encoded: encoded !== 0, cut: cut !== 0 };
  }

  /** Keeps the bits from which a reading of this character leads to kept ones. */
  #keepBefore(text: string, at: number): void {
    const { sought, readings, rows } = this.#on;
    const first = sought.hasAlone && readings.edgeBefore(text, at) ? sought.firstOfAll : sought.first;
    const { codes, nexts } = readings.at(text, at);
    for (let index = 0; index < codes.length; index += 1) {
      const letter = codes[index]!;
      const next = nexts[index]!;
      if (next > rows.reach) continue;
      let any = this.#keepMoved(at, next, letter, first);
      if (readings.isSeparator(letter)) any |= this.#keepPassed(at, next, sought.separable);
      if (readings.isBlank(letter)) any |= this.#keepPassed(at, next, sought.blank);
      if (any !== 0) this.#cover(at, next);
    }
    if (text.charCodeAt(at) === 0x5c && at + 1 <= rows.reach && this.#keepPassed(at, at + 1, sought.escapable) !== 0) this.#cover(at, at + 1);
  }

  /** Keeps the bits that a letter moved to kept ones; not 0 where there are such, or where a kept one began. */
  #keepMoved(at: number, next: number, letter: number, first: Int32Array): number {
    const { sought, rows, visited } = this.#on;
    const letters = sought.bitsOf(letter);
    if (!letters) return 0;
    const here = rows.rowAt(at);
    const there = rows.rowAt(next);
    let any = 0;
    let carry = 0;
    for (let word = sought.words - 1; word >= 0; word -= 1) {
      const met = rows.bits[there + word]! & letters[word]!;
      const moved = met & ~sought.firstOfAll[word]!;
      const before = ((moved >>> 1) | carry) & rows.bits[here + word]!;
      carry = (moved & 1) << 31;
      this.#kept[word]! |= before;
      any |= before | (met & first[word]!);
    }
    visited(sought.words);
    return any;
  }

  #keepPassed(at: number, next: number, passable: Int32Array): number {
    const { sought, rows, visited } = this.#on;
    const here = rows.rowAt(at);
    const there = rows.rowAt(next);
    let any = 0;
    for (let word = 0; word < sought.words; word += 1) {
      const stayed = rows.bits[there + word]! & passable[word]! & rows.bits[here + word]!;
      this.#kept[word]! |= stayed;
      any |= stayed;
    }
    visited(sought.words);
    return any;
  }

  /** Of a very long secret only the beginning is sought; what follows it is covered as far as it is made of the secret's letters. */
  #endBeyondCut(text: string, from: number): number {
    const { sought, readings, visited } = this.#on;
    let at = from;
    // Places come from right to left: what was looked at before is known.
    for (; at < text.length && at !== this.#beyond[0]; at += 1) {
      const { codes } = readings.at(text, at);
      if (!codes.some((letter) => sought.beyondCut.has(letter) || readings.isSeparator(letter))) break;
    }
    visited(at - from);
    this.#beyond = [from, at === this.#beyond[0] ? this.#beyond[1] : at];
    return this.#beyond[1];
  }
}
