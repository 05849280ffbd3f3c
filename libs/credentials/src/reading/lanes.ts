/**
 * A bounded queue of several lanes, taken from in turn: whoever asks for five thousand waits behind nobody else's one. A lane is
 * what may share a batch.
 */
export class Lanes<T> {
  readonly #lanes = new Map<string, T[]>();
  readonly #isOver: (entry: T) => boolean;
  readonly #max: number;
  #size = 0;

  /** `isOver`: nobody waits for this entry any more; it is dropped where it is met. */
  constructor({ max, isOver }: { readonly max: number; readonly isOver: (entry: T) => boolean }) {
    this.#max = max;
    this.#isOver = isOver;
  }

  get size(): number {
    return this.#size;
  }

  /** `false` where the queue is full. */
  add(lane: string, entry: T): boolean {
    if (this.#size >= this.#max) this.#sweep();
    if (this.#size >= this.#max) return false;
    const entries = this.#lanes.get(lane);
    if (entries) entries.push(entry);
    else this.#lanes.set(lane, [entry]);
    this.#size += 1;
    return true;
  }

  /** Up to `max(first)` entries of the lane whose turn it is, those that are over left out. Empty: nobody waits. */
  take(max: (first: T) => number): readonly T[] {
    for (const [lane, all] of this.#lanes) {
      const live = all.filter((entry) => !this.#isOver(entry));
      const [first] = live;
      this.#lanes.delete(lane);
      this.#size -= all.length;
      if (first === undefined) continue;
      const taken = live.slice(0, max(first));
      const left = live.slice(taken.length);
      if (left.length > 0) this.#lanes.set(lane, left);
      this.#size += left.length;
      return taken;
    }
    return [];
  }

  #sweep(): void {
    for (const [lane, all] of this.#lanes) {
      const live = all.filter((entry) => !this.#isOver(entry));
      this.#size -= all.length - live.length;
      if (live.length > 0) this.#lanes.set(lane, live);
      else this.#lanes.delete(lane);
    }
  }
}
