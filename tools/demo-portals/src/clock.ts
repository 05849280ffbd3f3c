import { setTimeout as delay } from 'node:timers/promises';
import type { Records } from './records/database.ts';
import { readSetting, writeSetting } from './records/settings.ts';

/** Time as the portals see it; a test passes its own to let locks and passwords expire. */
export interface Clock {
  now(): Date;
  /** Resolves after `ms` milliseconds, or at once when the signal aborts (the portals are closing). */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

export const systemClock: Clock = {
  now: () => new Date(),
  sleep: (ms, signal) => delay(ms, undefined, { signal }).catch(() => undefined),
};

const SETTING = 'clock/ahead_ms';

/**
 * A clock that is ahead of another by what it was moved, which the records keep. Sleeps are those of the other clock: they hold
 * a real visitor up and do not end because time was moved.
 */
export class MovableClock implements Clock {
  readonly #base: Clock;
  readonly #records: Records;
  #aheadMs: number;

  constructor(base: Clock, records: Records) {
    this.#base = base;
    this.#records = records;
    this.#aheadMs = (readSetting(records, SETTING) as number | null) ?? 0;
  }

  now(): Date {
    return new Date(this.#base.now().getTime() + this.#aheadMs);
  }

  sleep(ms: number, signal: AbortSignal): Promise<void> {
    return this.#base.sleep(ms, signal);
  }

  advance(ms: number): void {
    this.#aheadMs += ms;
    writeSetting(this.#records, SETTING, this.#aheadMs);
  }
}
