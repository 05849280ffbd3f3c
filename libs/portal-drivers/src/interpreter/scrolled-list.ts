import { RcmError } from '@rcm/telemetry';
import type { PageRecord } from '../contract/page-record.ts';
import type { ScrollRecipe } from '../recipe/task.ts';
import type { Extent } from './extent.ts';
import type { PageRows } from './page-rows.ts';

/** The rows of a list that is scrolled, as far as they were seen, each once. */
export class ScrolledList {
  readonly #key: readonly string[];
  readonly #maxRows: number;
  readonly #rows = new Map<string, { readonly record: PageRecord; readonly text: string }>();
  #declared = 0;
  readonly #numbers = new Set<number>();
  readonly #otherNumbers = new Set<number>();
  #unnumbered = 0;

  constructor({ key, max_rows }: Pick<ScrollRecipe, 'key' | 'max_rows'>) {
    this.#key = typeof key === 'string' ? [key] : key;
    this.#maxRows = max_rows;
  }

  get size(): number {
    return this.#rows.size;
  }

  /** In the order in which a person meets them. */
  rows(): readonly PageRecord[] {
    return [...this.#rows.values()].map(({ record }) => record);
  }

  /** What all that was seen says of how many rows there are. */
  extent(): Extent {
    return {
      declared: this.#declared,
      rows: this.size,
      numbers: [...this.#numbers],
      otherNumbers: [...this.#otherNumbers].filter((number) => !this.#numbers.has(number)),
      unnumbered: this.#unnumbered,
    };
  }

  /** Why rows cannot be told apart, or from what was seen before, in words without any of theirs; `null`: they can. */
  problemOf(rows: readonly PageRecord[]): string | null {
    const here = new Set<string>();
    for (const [index, row] of rows.entries()) {
      const key = this.#keyOf(row);
      if (key === null) return `Row ${index + 1} of the table of results has no key, so nobody can tell whether it was read before.`;
      if (here.has(key)) return `Row ${index + 1} of the table of results has the key of another one: name columns that tell all rows apart (scroll.key).`;
      here.add(key);
      const known = this.#rows.get(key);
      if (known && known.text !== JSON.stringify(row))
        return `Row ${index + 1} of the table of results reads otherwise than before: it changed meanwhile, or its key is another row's.`;
    }
    return null;
  }

  holdsNew(rows: readonly PageRecord[]): boolean {
    return rows.some((row) => !this.#rows.has(this.#keyOf(row) ?? ''));
  }

  /** Takes rows of which `problemOf` says nothing. Fails with `portal_unexpected` where there are too many. */
  add(rows: readonly PageRecord[], { extent, tops }: Pick<PageRows, 'extent' | 'tops'>): void {
    // What is drawn again and again stands in the document in any order, and on the page in its own.
    const inOrder = rows.map((record, index) => ({ record, top: tops[index] ?? 0 })).sort((a, b) => a.top - b.top);
    for (const { record } of inOrder) {
      const key = this.#keyOf(record) ?? '';
      if (!this.#rows.has(key)) this.#rows.set(key, { record, text: JSON.stringify(record) });
    }
    if (this.size > this.#maxRows) throw new RcmError('portal_unexpected', `The portal shows more than ${this.#maxRows} rows.`);
    this.#declared = extent.declared;
    for (const number of extent.numbers) this.#numbers.add(number);
    for (const number of extent.otherNumbers) this.#otherNumbers.add(number);
    this.#unnumbered = Math.max(this.#unnumbered, extent.unnumbered);
  }

  /** `null` where a part of it is empty: a row that is not filled in yet, or one that nothing tells from others. */
  #keyOf({ values }: PageRecord): string | null {
    const parts = this.#key.map((name) => values[name] ?? '');
    return parts.includes('') ? null : JSON.stringify(parts);
  }
}
