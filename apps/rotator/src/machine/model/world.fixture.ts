/** The process died here. Nothing it does afterwards reaches anything. */
export class Crash extends Error {}

/** Time that passes by itself between two steps, in ms. */
const STEP_MS = 5;

/**
 * What a rotator process lives in: a clock that stands unless somebody does something, and a death that comes before or after a step
 * of its own. A step is whatever reaches the database, the store or the portal.
 */
export class ModelWorld {
  now = Date.UTC(2026, 0, 1);
  #stepsLeft = Number.POSITIVE_INFINITY;
  #dead = false;
  #step = 0;
  wasInterrupted = false;
  /** What somebody else does while the next process is at this step. */
  atStep: { readonly step: number; readonly effect: () => void } = { step: Number.POSITIVE_INFINITY, effect: () => undefined };

  /** A new process; it dies at its step number `stepsLeft` (two to each act: before it, after it). */
  beginProcess(stepsLeft: number): void {
    this.#stepsLeft = stepsLeft;
    this.#dead = false;
    this.#step = 0;
    this.wasInterrupted = false;
  }

  /** Runs what reaches the outside: all of it or nothing, and afterwards the process may be dead all the same. */
  act<T>(effect: () => T): T {
    this.step();
    const result = effect();
    this.step();
    return result;
  }

  step(): void {
    if (!this.#dead && this.#stepsLeft-- <= 0) this.#dead = true;
    if (this.#dead) throw new Crash('the process is dead');
    this.now += STEP_MS;
    this.#step += 1;
    if (this.#step !== this.atStep.step) return;
    this.wasInterrupted = true;
    const { effect } = this.atStep;
    this.atStep = { step: Number.POSITIVE_INFINITY, effect: () => undefined };
    effect();
  }
}
