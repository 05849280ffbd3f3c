import type { CoveredRanges } from './covered-ranges.ts';
import type { SecretBeginnings } from './secret-beginnings.ts';
import type { Range, SearchOn } from './search-on.ts';
import type { SoughtLetters } from './sought-letters.ts';
import type { StretchRows } from './stretch-rows.ts';
import type { TextReadings } from './text-readings.ts';

/**
 * Finds many secrets in one text in linear time, whatever the text and the secrets are. A text has several readings: `%41` is an
 * escaped letter, or three letters of a secret that holds a percent sign. So the letters of all forms are bits of one row of words, a
 * bit being set where its form is met as far as this letter, and every reading of the next characters moves all bits at once (Baeza-Yates
 * and Gonnet's shift-and, on a text that can be read in several ways). Each character costs one step a word for each of its readings,
 * and nothing is ever tried again. Runs inside pages, too, so it uses nothing from outside itself.
 */
export class SecretSearch {
  readonly #sought: SoughtLetters;
  readonly #readings: TextReadings;
  readonly #rows: StretchRows;
  readonly #visited: (steps: number) => void;
  readonly #beginnings: SecretBeginnings;
  readonly #covered: CoveredRanges;

  constructor({ sought, readings, rows, visited }: SearchOn, beginnings: SecretBeginnings, covered: CoveredRanges) {
    this.#sought = sought;
    this.#readings = readings;
    this.#rows = rows;
    this.#visited = visited;
    this.#beginnings = beginnings;
    this.#covered = covered;
  }

  isIn(text: string): boolean {
    return this.#eachStretch(text, { most: 1 }) > 0;
  }

  /** At how many places a secret ends. */
  count(text: string): number {
    return this.#eachStretch(text, { most: Infinity });
  }

  /** Every place that secrets cover, from left to right, apart from each other. */
  ranges(text: string): Range[] {
    const apart: [number, number][] = [];
    this.#eachStretch(text, {
      most: Infinity,
      met: () => {
        for (const [from, to] of this.#covered.of(text).reverse()) {
          const before = apart.at(-1);
          if (before && from <= before[1]) before[1] = Math.max(before[1], to);
          else apart.push([from, to]);
        }
      },
    });
    return apart;
  }

  /** Goes through a text until `most` ends were met, and gives how many. `met` is called after each stretch, from the first bit set to the last, that has some. */
  #eachStretch(text: string, { most, met }: { readonly most: number; readonly met?: () => void }): number {
    if (this.#sought.words === 0) return 0;
    this.#covered.beginText();
    let found = 0;
    for (let at = 0; at < text.length && found < most; at += 1) {
      this.#visited(1);
      if (!this.#beginnings.mayBeAt(text, at)) continue;
      const ends = this.#stretch(text, at, most);
      if (ends > 0) met?.();
      found += ends;
      at = Math.max(at, this.#rows.reach);
    }
    return found;
  }

  /** Follows the text from `from` until no bit is set any more, or `most` ends were met, and gives how many. */
  #stretch(text: string, from: number, most: number): number {
    const { hasAlone, first, firstOfAll } = this.#sought;
    this.#rows.begin(from);
    let ends = 0;
    let at = from;
    for (; at <= this.#rows.reach; at += 1) {
      if (this.#endsAt(text, at)) ends += 1;
      if (at === text.length || ends >= most) break;
      const begun = hasAlone && this.#readings.edgeBefore(text, at) ? firstOfAll : first;
      const unit = text.charCodeAt(at);
      if (unit < 128 && !this.#readings.isEscape(unit)) {
        this.#advance(at, at + 1, this.#readings.fold(unit), begun);
        continue;
      }
      const { codes, nexts } = this.#readings.at(text, at);
      for (let index = 0; index < codes.length; index += 1) this.#advance(at, nexts[index]!, codes[index]!, begun);
      if (unit === 0x5c) this.#pass(at, at + 1, this.#sought.escapable);
    }
    this.#visited(at - from);
    return ends;
  }

  /** Bits before `at` that a letter moves are set before `next`, and so are those of `first` that it is. */
  #advance(at: number, next: number, letter: number, first: Int32Array): void {
    const letters = this.#sought.bitsOf(letter);
    if (letters) {
      const { words, notLast } = this.#sought;
      const { bits } = this.#rows;
      this.#visited(words);
      const here = this.#rows.rowAt(at);
      let carry = 0;
      let there = -1;
      for (let word = 0; word < words; word += 1) {
        const set = bits[here + word]! & notLast[word]!;
        const moved = ((set << 1) | carry | first[word]!) & letters[word]!;
        carry = set >>> 31;
        if (moved === 0) continue;
        if (there < 0) there = this.#rows.upTo(next);
        this.#rows.bits[there + word]! |= moved;
      }
    }
    if (this.#readings.isSeparator(letter)) this.#pass(at, next, this.#sought.separable);
    if (this.#readings.isBlank(letter)) this.#pass(at, next, this.#sought.blank);
  }

  #pass(at: number, next: number, passable: Int32Array): void {
    const { words } = this.#sought;
    const here = this.#rows.rowAt(at);
    let there = -1;
    for (let word = 0; word < words; word += 1) {
      const kept = this.#rows.bits[here + word]! & passable[word]!;
      if (kept === 0) continue;
      if (there < 0) there = this.#rows.upTo(next);
      this.#rows.bits[there + word]! |= kept;
    }
    this.#visited(words);
  }

  #endsAt(text: string, at: number): boolean {
    const { words, last, lastAlone } = this.#sought;
    const { bits } = this.#rows;
    const here = this.#rows.rowAt(at);
    let ends = 0;
    let endsAlone = 0;
    for (let word = 0; word < words; word += 1) {
      const row = bits[here + word]!;
      ends |= row & last[word]!;
      endsAlone |= row & lastAlone[word]!;
    }
    return ends !== 0 || (endsAlone !== 0 && this.#readings.edgeAfter(text, at));
  }
}
