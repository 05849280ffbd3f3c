/**
 * A row of bits before each character of a stretch of text: those of the letters that are met as far as there. Runs inside pages, too, so it uses nothing
 * from outside itself.
 */
export class StretchRows {
  /** One row after the other. */
  bits = new Int32Array(0);
  /** The stretch: its first character, and the last one before which there is a row. */
  from = 0;
  reach = -1;
  readonly #words: number;
  readonly #visited: (steps: number) => void;

  /** `words`: how many a row has. */
  constructor(words: number, visited: (steps: number) => void) {
    this.#words = words;
    this.#visited = visited;
  }

  begin(from: number): void {
    this.from = from;
    this.reach = from - 1;
    this.upTo(from);
  }

  /** Where the row before a character begins. */
  rowAt(at: number): number {
    return (at - this.from) * this.#words;
  }

  /** Makes the rows reach as far as `at`, and gives where its row begins. */
  upTo(at: number): number {
    const row = this.rowAt(at);
    if (at <= this.reach) return row;
    const end = row + this.#words;
    if (this.bits.length < end) {
      const longer = new Int32Array(2 * end);
      longer.set(this.bits);
      this.bits = longer;
    }
    for (let word = this.rowAt(this.reach + 1); word < end; word += 1) this.bits[word] = 0;
    this.#visited((at - this.reach) * this.#words);
    this.reach = at;
    return row;
  }
}
