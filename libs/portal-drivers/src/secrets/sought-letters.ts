import type { SoughtForm } from './secret-forms.ts';
import type { TextReadings } from './text-readings.ts';

/**
 * The letters of all forms, one bit each in a row of words: form after form, letter after letter. Runs inside pages, too, so it uses nothing from
 * outside itself.
 */
export class SoughtLetters {
  /** How many words a row has. */
  readonly words: number;
  /** Bits of first letters: those that may stand anywhere, and all. */
  readonly first: Int32Array;
  readonly firstOfAll: Int32Array;
  /** Bits of last letters: of forms that may stand anywhere, of those that must stand alone, of base64, and of those that go on behind a cut. */
  readonly last: Int32Array;
  readonly lastAlone: Int32Array;
  readonly lastEncoded: Int32Array;
  readonly lastCut: Int32Array;
  readonly notLast: Int32Array;
  /** Bits after which a separator, a backslash, a blank may be passed over. */
  readonly separable: Int32Array;
  readonly escapable: Int32Array;
  readonly blank: Int32Array;
  readonly hasAlone: boolean;
  /** Letters that stand after the cut of a form. */
  readonly beyondCut: ReadonlySet<number>;
  /** Bits by letter, folded. */
  readonly #letters = new Map<number, Int32Array>();
  readonly #ascii: readonly (Int32Array | undefined)[];

  constructor(forms: readonly SoughtForm[], readings: TextReadings) {
    this.words = Math.ceil(forms.reduce((sum, { letters }) => sum + letters.length, 0) / 32);
    this.first = this.#noBits();
    this.firstOfAll = this.#noBits();
    this.last = this.#noBits();
    this.lastAlone = this.#noBits();
    this.lastEncoded = this.#noBits();
    this.lastCut = this.#noBits();
    this.separable = this.#noBits();
    this.escapable = this.#noBits();
    this.blank = this.#noBits();
    let at = 0;
    for (const form of forms) {
      this.#addEnds(form, at);
      this.#addLetters(form, at, readings);
      at += form.letters.length;
    }
    this.notLast = this.last.map((bits, word) => ~(bits | this.lastAlone[word]!));
    this.hasAlone = this.lastAlone.some((bits) => bits !== 0);
    this.beyondCut = new Set(forms.flatMap(({ beyond }) => beyond.map((letter) => readings.fold(letter))));
    this.#ascii = Array.from({ length: 128 }, (_, letter) => this.#letters.get(letter));
  }

  /** Bits of a letter, which is folded. */
  bitsOf(letter: number): Int32Array | undefined {
    return letter < 128 ? this.#ascii[letter] : this.#letters.get(letter);
  }

  #noBits(): Int32Array {
    return new Int32Array(this.words);
  }

  #set(row: Int32Array, bit: number): void {
    row[bit >>> 5]! |= 1 << (bit & 31);
  }

  #addEnds({ letters, how, beyond }: SoughtForm, at: number): void {
    const end = at + letters.length - 1;
    this.#set(this.firstOfAll, at);
    if (how !== 'alone') this.#set(this.first, at);
    this.#set(how === 'alone' ? this.lastAlone : this.last, end);
    if (how === 'encoded') this.#set(this.lastEncoded, end);
    if (beyond.length > 0) this.#set(this.lastCut, end);
  }

  #addLetters({ letters, blanksAfter, how }: SoughtForm, at: number, readings: TextReadings): void {
    for (const [index, letter] of letters.entries()) {
      for (const one of readings.alike(letter, how)) {
        const bits = this.#letters.get(one) ?? this.#noBits();
        this.#letters.set(one, bits);
        this.#set(bits, at + index);
      }
      if (index === letters.length - 1) continue;
      if (how === 'written') this.#set(this.separable, at + index);
      if (how === 'written' || how === 'alone') this.#set(this.escapable, at + index);
    }
    for (const index of blanksAfter) this.#set(this.blank, at + index);
  }
}
