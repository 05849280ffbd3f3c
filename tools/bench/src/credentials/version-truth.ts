import type { BenchSecret } from './secrets.ts';

interface Promotion {
  readonly counter: number;
  readonly at: number;
  /** When an older version was last given out after this. */
  lastOld: number;
}

/** What is current, against which every single read is held. */
export class VersionTruth {
  readonly #promotions = new Map<string, Promotion>();
  readonly #boundMs: number;
  #beyondBound = 0;

  constructor(boundMs: number) {
    this.#boundMs = boundMs;
  }

  /** From now on an older version is stale: the row, and so every lease, names the new one. */
  promoted(secret: BenchSecret, counter: number): void {
    const at = performance.now();
    this.#promotions.set(secret.endpointId, { counter, at, lastOld: at });
  }

  /** A read has just ended with this version. */
  saw(secret: BenchSecret, counter: number): void {
    const now = performance.now();
    const promotion = this.#promotions.get(secret.endpointId);
    if (!promotion || counter >= promotion.counter) return;
    promotion.lastOld = now;
    if (now - promotion.at > this.#boundMs) this.#beyondBound += 1;
  }

  /** For each promotion, how long an older version was still given out, in ms. */
  get staleness(): readonly number[] {
    return [...this.#promotions.values()].map(({ at, lastOld }) => lastOld - at);
  }

  get beyondBound(): number {
    return this.#beyondBound;
  }
}
