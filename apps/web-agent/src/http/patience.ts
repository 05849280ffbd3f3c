import { systemClock } from '@rcm/telemetry';

/** Between two looks, in ms: short at first, when most tasks that are quick have ended, then longer. */
const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 2_000;
/** Requests of this process that may wait at once: each costs a look at the database every other second. */
const MOST_WAITING = 200;

/** Keeps requests waiting for a moment that they hope for, within bounds. */
export class Patience {
  readonly #most: number;
  readonly #over = new AbortController();
  #waiting = 0;

  constructor({ most = MOST_WAITING }: { readonly most?: number } = {}) {
    this.#most = most;
  }

  /** Looks until `look` says that it has come, for `forMs` at most; not at all where too many wait already, and no longer than the caller does. */
  async until(look: () => Promise<boolean>, { forMs, signal }: { readonly forMs: number; readonly signal: AbortSignal }): Promise<void> {
    if (this.#waiting >= this.#most) return;
    this.#waiting += 1;
    const stopped = AbortSignal.any([signal, this.#over.signal]);
    const end = performance.now() + forMs;
    try {
      for (let pause = FIRST_PAUSE_MS; !stopped.aborted && !(await look()); pause = Math.min(LONGEST_PAUSE_MS, pause * 1.5)) {
        const left = end - performance.now();
        if (left <= 0) return;
        // Stopped while it sleeps: the loop sees that.
        await systemClock.sleep(Math.min(pause, left), stopped).catch(() => undefined);
      }
    } finally {
      this.#waiting -= 1;
    }
  }

  /** Nobody waits any longer: this process ends. */
  end(): void {
    this.#over.abort();
  }
}
