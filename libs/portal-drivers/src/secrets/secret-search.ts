import type { SoughtForm } from './secret-forms.ts';
import type { TextReadings } from './text-readings.ts';

/** From where to where a secret lies in a text. */
export type Range = readonly [from: number, to: number];

/**
 * Finds many secrets in one text in linear time, whatever the text and the secrets are. A text has several readings: `%41` is an
 * escaped letter, or three letters of a secret that holds a percent sign. So the letters of all forms are bits of one row of words, a
 * bit being set where its form is met as far as this letter, and every reading of the next characters moves all bits at once (Baeza-Yates
 * and Gonnet's shift-and, on a text that can be read in several ways). Each character costs one step a word for each of its readings,
 * and nothing is ever tried again. Runs inside pages, too, so it uses nothing from outside itself.
 */
export class SecretSearch {
  readonly #words: number;
  readonly #readings: TextReadings;
  readonly #visited: (steps: number) => void;
  /** Bits by letter, folded. */
  readonly #letters = new Map<number, Int32Array>();
  readonly #ascii: (Int32Array | undefined)[] = [];
  /** Bits of first letters: those that may stand anywhere, and all. */
  readonly #first: Int32Array;
  readonly #firstOfAll: Int32Array;
  readonly #last: Int32Array;
  readonly #lastAlone: Int32Array;
  readonly #lastEncoded: Int32Array;
  readonly #lastCut: Int32Array;
  readonly #notLast: Int32Array;
  /** Bits after which a separator, a backslash, a blank may be passed over. */
  readonly #separable: Int32Array;
  readonly #escapable: Int32Array;
  readonly #blank: Int32Array;
  /** Letters that stand after the cut of a form. */
  readonly #beyondCut: ReadonlySet<number>;
  readonly #hasAlone: boolean;
  /** Which ASCII characters a secret, or an escape, can begin with. */
  readonly #begins = new Uint8Array(128);
  readonly #beginsBeyond: boolean;
  /** Which two ASCII characters one can begin with: in most texts nearly none, so nearly none is looked at closer. */
  readonly #pairs = new Uint8Array(128 * 128);
  /** Bits before each character of what is looked at now, from `#from` to `#reach`. */
  #rows = new Int32Array(0);
  #from = 0;
  #reach = 0;
  /** Where the last look for the letters beyond a cut began and ended. */
  #beyond: Range = [-1, -1];

  /** `visited` is told how many steps were done: for tests that hold the work to a bound. */
  constructor(forms: readonly SoughtForm[], readings: TextReadings, visited: (steps: number) => void) {
    this.#readings = readings;
    this.#visited = visited;
    this.#words = Math.ceil(forms.reduce((sum, { letters }) => sum + letters.length, 0) / 32);
    const noBits = (): Int32Array => new Int32Array(this.#words);
    const set = (row: Int32Array, bit: number): void => void (row[bit >>> 5]! |= 1 << (bit & 31));
    this.#first = noBits();
    this.#firstOfAll = noBits();
    this.#last = noBits();
    this.#lastAlone = noBits();
    this.#lastEncoded = noBits();
    this.#lastCut = noBits();
    this.#separable = noBits();
    this.#escapable = noBits();
    this.#blank = noBits();
    const beginning = new Set<number>();
    const second = new Map<number, Set<number>>();
    const passed = Array.from({ length: 128 }, (_, code) => code).filter((code) => readings.mayBePassed(code));
    let at = 0;
    for (const { letters, blanksAfter, how, beyond } of forms) {
      const end = at + letters.length - 1;
      set(this.#firstOfAll, at);
      if (how !== 'alone') set(this.#first, at);
      set(how === 'alone' ? this.#lastAlone : this.#last, end);
      if (how === 'encoded') set(this.#lastEncoded, end);
      if (beyond.length > 0) set(this.#lastCut, end);
      for (const [index, letter] of letters.entries()) {
        // Base64 has a second alphabet for addresses (RFC 4648, 5).
        const alike = how !== 'encoded' ? [] : letter === 0x2b ? [0x2d] : letter === 0x2f ? [0x5f] : [];
        for (const one of [letter, ...alike].map((code) => readings.fold(code))) {
          const bits = this.#letters.get(one) ?? noBits();
          this.#letters.set(one, bits);
          set(bits, at + index);
          if (index > 0) continue;
          beginning.add(one);
          const after = second.get(one) ?? new Set();
          second.set(one, after);
          const next = letters[1];
          // After a form of one letter, and before an escape of another, anything may stand.
          for (const code of how === 'written' && next !== undefined && next < 128 ? passed : []) after.add(readings.fold(code));
          if (next !== undefined && next < 128 && how !== 'alone')
            for (const code of [next, ...(how === 'encoded' ? [0x2d, 0x5f] : [])]) after.add(readings.fold(code));
          else after.add(-1);
        }
        const isInner = at + index < end;
        if (isInner && how === 'written') set(this.#separable, at + index);
        if (isInner && (how === 'written' || how === 'alone')) set(this.#escapable, at + index);
      }
      for (const index of blanksAfter) set(this.#blank, at + index);
      at += letters.length;
    }
    this.#notLast = this.#last.map((bits, word) => ~(bits | this.#lastAlone[word]!));
    this.#beyondCut = new Set(forms.flatMap(({ beyond }) => beyond.map((letter) => readings.fold(letter))));
    this.#hasAlone = this.#lastAlone.some((bits) => bits !== 0);
    this.#beginsBeyond = [...beginning].some((letter) => letter >= 128);
    for (let code = 0; code < 128; code += 1) {
      this.#ascii.push(this.#letters.get(readings.fold(code)));
      this.#begins[code] = beginning.has(readings.fold(code)) || readings.isEscape(code) ? 1 : 0;
      const after = second.get(readings.fold(code));
      if (this.#begins[code] === 0) continue;
      for (let next = 0; next < 128; next += 1)
        if (!after || after.has(-1) || readings.isEscape(code) || readings.isEscape(next) || after.has(readings.fold(next))) this.#pairs[code * 128 + next] = 1;
    }
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
        for (const [from, to] of this.#covered(text).reverse()) {
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
    if (this.#words === 0) return 0;
    this.#beyond = [-1, -1];
    let found = 0;
    for (let at = 0; at < text.length && found < most; at += 1) {
      const unit = text.charCodeAt(at);
      this.#visited(1);
      if (unit < 128 ? this.#begins[unit] === 0 : !this.#beginsBeyond) continue;
      const next = text.charCodeAt(at + 1);
      if (unit < 128 && next < 128 && this.#pairs[unit * 128 + next] === 0) continue;
      const ends = this.#stretch(text, at, most);
      if (ends > 0) met?.();
      found += ends;
      at = Math.max(at, this.#reach);
    }
    return found;
  }

  /** Follows the text from `from` until no bit is set any more, or `most` ends were met, and gives how many. */
  #stretch(text: string, from: number, most: number): number {
    this.#from = from;
    this.#reach = from - 1;
    this.#upTo(from);
    let ends = 0;
    let at = from;
    for (; at <= this.#reach; at += 1) {
      if (this.#endsAt(text, at)) ends += 1;
      if (at === text.length || ends >= most) break;
      const first = this.#firstAt(text, at);
      const unit = text.charCodeAt(at);
      if (unit < 128 && !this.#readings.isEscape(unit)) {
        this.#advance(at, this.#readings.fold(unit), at + 1, first, this.#ascii[unit]);
        continue;
      }
      const { codes, nexts } = this.#readings.at(text, at);
      for (let index = 0; index < codes.length; index += 1) this.#advance(at, codes[index]!, nexts[index]!, first, this.#letters.get(codes[index]!));
      if (unit === 0x5c) this.#pass(at, at + 1, this.#escapable);
    }
    this.#visited(at - from);
    return ends;
  }

  /** Bits before `at` that a letter moves are set before `next`. */
  #advance(at: number, letter: number, next: number, first: Int32Array, letters: Int32Array | undefined): void {
    const words = this.#words;
    if (letters) {
      this.#visited(words);
      const rows = this.#rows;
      const notLast = this.#notLast;
      const here = (at - this.#from) * words;
      let carry = 0;
      let there = -1;
      for (let word = 0; word < words; word += 1) {
        const set = rows[here + word]! & notLast[word]!;
        const moved = ((set << 1) | carry | first[word]!) & letters[word]!;
        carry = set >>> 31;
        if (moved === 0) continue;
        if (there < 0) there = this.#upTo(next);
        this.#rows[there + word]! |= moved;
      }
    }
    if (this.#readings.isSeparator(letter)) this.#pass(at, next, this.#separable);
    // A plus sign stands for a blank in forms that are sent.
    if (letter === 0x20 || letter === 0x2b) this.#pass(at, next, this.#blank);
  }

  #pass(at: number, next: number, passable: Int32Array): void {
    const here = (at - this.#from) * this.#words;
    let there = -1;
    for (let word = 0; word < this.#words; word += 1) {
      const kept = this.#rows[here + word]! & passable[word]!;
      if (kept === 0) continue;
      if (there < 0) there = this.#upTo(next);
      this.#rows[there + word]! |= kept;
    }
    this.#visited(this.#words);
  }

  /** Makes the rows reach as far as `at`, and gives where its row begins. */
  #upTo(at: number): number {
    const row = (at - this.#from) * this.#words;
    if (at <= this.#reach) return row;
    if (this.#rows.length < row + this.#words) {
      const longer = new Int32Array(2 * (row + this.#words));
      longer.set(this.#rows);
      this.#rows = longer;
    }
    for (let word = (this.#reach + 1 - this.#from) * this.#words; word < row + this.#words; word += 1) this.#rows[word] = 0;
    this.#visited((at - this.#reach) * this.#words);
    this.#reach = at;
    return row;
  }

  #firstAt(text: string, at: number): Int32Array {
    return this.#hasAlone && this.#readings.edgeBefore(text, at) ? this.#firstOfAll : this.#first;
  }

  #endsAt(text: string, at: number): boolean {
    const here = (at - this.#from) * this.#words;
    let ends = 0;
    let endsAlone = 0;
    for (let word = 0; word < this.#words; word += 1) {
      const row = this.#rows[here + word]!;
      ends |= row & this.#last[word]!;
      endsAlone |= row & this.#lastAlone[word]!;
    }
    return ends !== 0 || (endsAlone !== 0 && this.#readings.edgeAfter(text, at));
  }

  /**
   * What secrets cover of the stretch just followed, from right to left: goes back through its rows and keeps the bits from which an
   * end was reached. A step between two kept bits is a step of a secret.
   */
  #covered(text: string): Range[] {
    const found: [number, number][] = [];
    const cover = (from: number, to: number): void => {
      const last = found.at(-1);
      if (last && to >= last[0]) [last[0], last[1]] = [Math.min(from, last[0]), Math.max(to, last[1])];
      else found.push([from, to]);
    };
    const kept = new Int32Array(this.#words);
    for (let at = this.#reach; at >= this.#from; at -= 1) {
      const here = (at - this.#from) * this.#words;
      const alone = this.#hasAlone && this.#readings.edgeAfter(text, at);
      let encoded = 0;
      let cut = 0;
      for (let word = 0; word < this.#words; word += 1) {
        const row = this.#rows[here + word]!;
        kept[word] = row & (this.#last[word]! | (alone ? this.#lastAlone[word]! : 0));
        encoded |= row & this.#lastEncoded[word]!;
        cut |= row & this.#lastCut[word]!;
      }
      if (encoded !== 0) cover(at, this.#readings.endOfDigits(text, at));
      if (cut !== 0) cover(at, this.#endBeyondCut(text, at));
      if (at < text.length) this.#keepBefore(text, at, kept, cover);
      this.#rows.set(kept, here);
      this.#visited(this.#words);
    }
    return found;
  }

  #keepBefore(text: string, at: number, kept: Int32Array, cover: (from: number, to: number) => void): void {
    const first = this.#firstAt(text, at);
    const { codes, nexts } = this.#readings.at(text, at);
    for (let index = 0; index < codes.length; index += 1) {
      const letter = codes[index]!;
      const next = nexts[index]!;
      if (next > this.#reach) continue;
      let any = this.#keepMoved(at, next, letter, first, kept);
      if (this.#readings.isSeparator(letter)) any |= this.#keepPassed(at, next, this.#separable, kept);
      if (letter === 0x20 || letter === 0x2b) any |= this.#keepPassed(at, next, this.#blank, kept);
      if (any !== 0) cover(at, next);
    }
    if (text.charCodeAt(at) === 0x5c && at + 1 <= this.#reach && this.#keepPassed(at, at + 1, this.#escapable, kept) !== 0) cover(at, at + 1);
  }

  /** Keeps the bits that a letter moved to kept ones; not 0 where there are such, or where a kept one began. */
  #keepMoved(at: number, next: number, letter: number, first: Int32Array, kept: Int32Array): number {
    const letters = this.#letters.get(letter);
    if (!letters) return 0;
    const here = (at - this.#from) * this.#words;
    const there = (next - this.#from) * this.#words;
    let any = 0;
    let carry = 0;
    for (let word = this.#words - 1; word >= 0; word -= 1) {
      const met = this.#rows[there + word]! & letters[word]!;
      const moved = met & ~this.#firstOfAll[word]!;
      const before = ((moved >>> 1) | carry) & this.#rows[here + word]!;
      carry = (moved & 1) << 31;
      kept[word]! |= before;
      any |= before | (met & first[word]!);
    }
    this.#visited(this.#words);
    return any;
  }

  #keepPassed(at: number, next: number, passable: Int32Array, kept: Int32Array): number {
    const here = (at - this.#from) * this.#words;
    const there = (next - this.#from) * this.#words;
    let any = 0;
    for (let word = 0; word < this.#words; word += 1) {
      const stayed = this.#rows[there + word]! & passable[word]! & this.#rows[here + word]!;
      kept[word]! |= stayed;
      any |= stayed;
    }
    this.#visited(this.#words);
    return any;
  }

  /** Of a very long secret only the beginning is sought; what follows it is covered as far as it is made of the secret's letters. */
  #endBeyondCut(text: string, from: number): number {
    let at = from;
    // Places come from right to left: what was looked at before is known.
    for (; at < text.length && at !== this.#beyond[0]; at += 1) {
      const { codes } = this.#readings.at(text, at);
      if (!codes.some((letter) => this.#beyondCut.has(letter) || this.#readings.isSeparator(letter))) break;
    }
    this.#visited(at - from);
    this.#beyond = [from, at === this.#beyond[0] ? this.#beyond[1] : at];
    return this.#beyond[1];
  }
}
