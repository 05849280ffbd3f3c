/** What something was, and since when: a reader that is behind sees what it was a moment ago. */
export class Timeline<S> {
  #states: { readonly at: number; readonly state: S }[];
  readonly #keptMs: number;

  /** `keptMs`: nobody asks further back than this. */
  constructor(first: S, keptMs: number) {
    this.#states = [{ at: Number.NEGATIVE_INFINITY, state: first }];
    this.#keptMs = keptMs;
  }

  get latest(): S {
    return (this.#states.at(-1) as { readonly state: S }).state;
  }

  set(at: number, state: S): void {
    this.#states.push({ at, state });
    const first = this.#states.findLastIndex((known) => known.at <= at - this.#keptMs);
    if (first > 0) this.#states = this.#states.slice(first);
  }

  asOf(at: number): S {
    const known = this.#states.findLast((state) => state.at <= at) ?? this.#states[0];
    return (known as { readonly state: S }).state;
  }
}
