/**
 * Goes through a list that is longer than one look at it: each look goes on behind the last that was taken, and begins again at its end.
 * What stays in the list because it cannot go on holds up nothing that stands behind it.
 */
export class InTurn<T extends { readonly id: string }> {
  readonly #limit: number;
  #after: string | null = null;

  /** `limit`: how many one look takes at most. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** One look. `take` says whether there was room for one; the look ends at the first for which there was none. */
  async look(list: (part: { readonly after: string | null; readonly limit: number }) => Promise<readonly T[]>, take: (item: T) => boolean): Promise<void> {
    const items = await list({ after: this.#after, limit: this.#limit });
    for (const item of items) {
      if (!take(item)) return;
      this.#after = item.id;
    }
    if (items.length < this.#limit) this.#after = null;
  }
}
