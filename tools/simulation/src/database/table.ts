/** What takes the last changes back, the newest first. */
export class UndoLog {
  #changes: { readonly at: number; readonly undo: () => void }[] = [];
  #now = 0;

  begin(now: number, keptMs: number): void {
    this.#now = now;
    if (this.#changes.length > 512) this.#changes = this.#changes.filter(({ at }) => at >= now - keptMs);
  }

  get mark(): number {
    return this.#changes.length;
  }

  add(undo: () => void): void {
    this.#changes.push({ at: this.#now, undo });
  }

  /** Takes back what came after the mark. */
  backTo(mark: number): void {
    while (this.#changes.length > mark) this.#changes.pop()?.undo();
  }

  /** Takes back what was committed at or after the time; how many changes that were. */
  forgetSince(at: number): number {
    let forgotten = 0;
    for (let last = this.#changes.at(-1); last && last.at >= at; last = this.#changes.at(-1), forgotten += 1) {
      this.#changes.pop();
      last.undo();
    }
    return forgotten;
  }
}

/** Rows that are never changed in place, in the order in which they were first written. Lists are kept until a row changes: far more is read than written. */
export class Table<V extends { readonly id: string }> {
  readonly #rows = new Map<string, V>();
  readonly #index = new Map<string, Map<string, V>>();
  readonly #lists = new Map<string, readonly V[]>();
  #all: readonly V[] | null = null;
  readonly #log: UndoLog;
  readonly #by: ((row: V) => string | null) | null;

  /** `by`: what rows are looked up by besides their id. */
  constructor(log: UndoLog, by: ((row: V) => string | null) | null = null) {
    this.#log = log;
    this.#by = by;
  }

  get(id: string): V | null {
    return this.#rows.get(id) ?? null;
  }

  all(): readonly V[] {
    return (this.#all ??= [...this.#rows.values()]);
  }

  of(key: string): readonly V[] {
    const known = this.#lists.get(key);
    if (known) return known;
    const list = [...(this.#index.get(key)?.values() ?? [])];
    this.#lists.set(key, list);
    return list;
  }

  put(row: V): V {
    const before = this.#rows.get(row.id);
    this.#log.add(() => this.#write(row.id, before));
    this.#write(row.id, row);
    return row;
  }

  change(id: string, change: Partial<V>): V {
    const before = this.#rows.get(id);
    if (!before) throw new Error('A row that is not there cannot be changed.');
    return this.put({ ...before, ...change });
  }

  remove(id: string): void {
    const before = this.#rows.get(id);
    if (!before) return;
    this.#log.add(() => this.#write(id, before));
    this.#write(id, undefined);
  }

  #write(id: string, row: V | undefined): void {
    const [was, is] = [this.#keyOf(this.#rows.get(id)), this.#keyOf(row)];
    this.#all = null;
    if (row === undefined) this.#rows.delete(id);
    else this.#rows.set(id, row);
    if (was !== null) this.#lists.delete(was);
    if (is !== null) this.#lists.delete(is);
    if (was !== null && (was !== is || row === undefined)) this.#index.get(was)?.delete(id);
    if (is === null || row === undefined) return;
    const rows = this.#index.get(is) ?? new Map<string, V>();
    this.#index.set(is, rows);
    rows.set(id, row);
  }

  #keyOf(row: V | undefined): string | null {
    return row === undefined || this.#by === null ? null : this.#by(row);
  }
}
