import type { Clock } from '@rcm/telemetry';

export interface RegionCircuitOptions {
  /** Failures in a row until the region counts as down. */
  readonly failuresToOpen: number;
  /** How long it then is not asked, in ms; after that one call finds out. */
  readonly openMs: number;
  readonly clock: Clock;
  /** Told when the region begins and ends to count as down. */
  readonly onTurn: (state: 'down' | 'up') => void;
}

/** Whether the first region is worth asking, so that a dead one is waited for a few times and not at every read. */
export class RegionCircuit {
  readonly #options: RegionCircuitOptions;
  #failures = 0;
  #askAgainAt = 0;

  constructor(options: RegionCircuitOptions) {
    this.#options = options;
  }

  get isDown(): boolean {
    return this.#failures >= this.#options.failuresToOpen;
  }

  /** Whether this caller should ask. While it counts as down, one caller in `openMs` is told so and finds out for the others. */
  mayAsk(): boolean {
    if (!this.isDown) return true;
    const now = this.#options.clock.elapsed();
    if (now < this.#askAgainAt) return false;
    this.#askAgainAt = now + this.#options.openMs;
    return true;
  }

  answered(): void {
    const wasDown = this.isDown;
    this.#failures = 0;
    if (wasDown) this.#options.onTurn('up');
  }

  failed(): void {
    const wasDown = this.isDown;
    this.#failures += 1;
    if (!this.isDown) return;
    this.#askAgainAt = this.#options.clock.elapsed() + this.#options.openMs;
    if (!wasDown) this.#options.onTurn('down');
  }
}
