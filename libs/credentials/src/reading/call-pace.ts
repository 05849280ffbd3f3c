import type { Clock } from '@rcm/telemetry';

export interface CallPaceOptions {
  /** Calls per second at most, and in one burst. */
  readonly perSecond: number;
  readonly clock: Clock;
}

const CUT = 0.7;
/** Throttles of one moment are one event: the calls were under way together. */
const CUT_AT_MOST_EVERY_MS = 500;
/** After so many answers in a row the pace is back where it was before it was cut to nothing. */
const ANSWERS_TO_RECOVER = 200;
const SLOWEST_PER_SECOND = 1;

/**
 * When the next call may be made: a bucket that starts full, and a rate that falls by three tenths when the store throttles and
 * creeps back with its answers. Other processes share the same quota; each finds its part this way.
 */
export class CallPace {
  readonly #most: number;
  readonly #clock: Clock;
  #perSecond: number;
  #tokens: number;
  #filledAt: number;
  #cutAt = Number.NEGATIVE_INFINITY;

  constructor({ perSecond, clock }: CallPaceOptions) {
    this.#most = perSecond;
    this.#clock = clock;
    this.#perSecond = perSecond;
    this.#tokens = perSecond;
    this.#filledAt = clock.elapsed();
  }

  /** Calls per second now. */
  get perSecond(): number {
    return this.#perSecond;
  }

  /**
   * Resolves when `calls` more may be made, in the order of asking. Fails with `cancelled`, and gives back what it took: who sleeps
   * behind it wakes later than it had to, but calls that nobody makes must not keep those made next from their turn.
   */
  async take(calls: number, signal: AbortSignal): Promise<void> {
    this.charge(calls);
    if (this.#tokens >= 0) return;
    try {
      await this.#clock.sleep((-this.#tokens / this.#perSecond) * 1000, signal);
    } catch (error) {
      this.#tokens += calls;
      throw error;
    }
  }

  /** Calls that were made without waiting for a turn: those made next wait for them. */
  charge(calls: number): void {
    this.#fill();
    this.#tokens -= calls;
  }

  throttled(): void {
    this.#fill();
    const now = this.#clock.elapsed();
    if (now - this.#cutAt < CUT_AT_MOST_EVERY_MS) return;
    this.#cutAt = now;
    this.#perSecond = Math.max(SLOWEST_PER_SECOND, this.#perSecond * CUT);
    this.#tokens = Math.min(this.#tokens, 0);
  }

  answered(): void {
    if (this.#perSecond === this.#most) return;
    this.#fill();
    this.#perSecond = Math.min(this.#most, this.#perSecond + this.#most / ANSWERS_TO_RECOVER);
  }

  #fill(): void {
    const now = this.#clock.elapsed();
    this.#tokens = Math.min(this.#most, this.#tokens + ((now - this.#filledAt) / 1000) * this.#perSecond);
    this.#filledAt = now;
  }
}
