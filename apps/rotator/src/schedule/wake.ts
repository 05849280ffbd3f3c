/** Lets a pause end early. What comes up between two pauses ends the next one at once: none is missed. */
export class Wake {
  #controller = new AbortController();

  /** Aborts at the first `up` after this call. */
  next(): AbortSignal {
    this.#controller = new AbortController();
    return this.#controller.signal;
  }

  up(): void {
    this.#controller.abort();
  }
}
