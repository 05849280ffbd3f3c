/**
 * Lets one task at a time use an endpoint's login in this process: most portals end the first session when a second begins.
 * A task that finds the login in use is not made to wait here, since it would hold a place that another tenant's task could use.
 */
export class OneAtATime {
  readonly #busy = new Set<string>();

  /** Runs `work`, or returns `null` at once where the key is in use. */
  async run<T>(key: string, work: () => Promise<T>): Promise<T | null> {
    if (this.#busy.has(key)) return null;
    this.#busy.add(key);
    try {
      return await work();
    } finally {
      this.#busy.delete(key);
    }
  }
}
