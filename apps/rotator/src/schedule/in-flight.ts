/** The work a process has in hand: bounded in number, never two of one key, waited for at the end. */
export class InFlight {
  readonly #limit: number;
  readonly #onEnd: () => void;
  readonly #running = new Map<string, Promise<void>>();

  /** `onEnd`: told whenever there is room for one more. */
  constructor(limit: number, onEnd: () => void = () => {}) {
    this.#limit = limit;
    this.#onEnd = onEnd;
  }

  has(key: string): boolean {
    return this.#running.has(key);
  }

  get keys(): readonly string[] {
    return [...this.#running.keys()];
  }

  /** How many more may begin. */
  get room(): number {
    return this.#limit - this.#running.size;
  }

  /** Runs `work` unless the key is running already or the bound is reached; says whether it did. `work` must not reject. */
  async run(key: string, work: () => Promise<void>): Promise<boolean> {
    if (this.room <= 0 || this.has(key)) return false;
    const running = work().finally(() => {
      this.#running.delete(key);
      this.#onEnd();
    });
    this.#running.set(key, running);
    await running;
    return true;
  }

  /** Resolves when nothing is in hand any more. */
  async idle(): Promise<void> {
    while (this.#running.size > 0) await Promise.allSettled(this.#running.values());
  }
}
