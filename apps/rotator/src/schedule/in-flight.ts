/** The work a process has in hand: bounded in number, never two of one key, waited for at the end. */
export class InFlight {
  readonly #limit: number;
  readonly #running = new Map<string, Promise<void>>();

  constructor(limit: number) {
    this.#limit = limit;
  }

  get size(): number {
    return this.#running.size;
  }

  has(key: string): boolean {
    return this.#running.has(key);
  }

  get full(): boolean {
    return this.#running.size >= this.#limit;
  }

  /** Runs `work` unless the key is running already or the bound is reached; says whether it did. `work` must not reject. */
  async run(key: string, work: () => Promise<void>): Promise<boolean> {
    if (this.full || this.has(key)) return false;
    const running = work().finally(() => this.#running.delete(key));
    this.#running.set(key, running);
    await running;
    return true;
  }

  /** Resolves when nothing is in hand any more. */
  async idle(): Promise<void> {
    while (this.#running.size > 0) await Promise.allSettled(this.#running.values());
  }
}
