import type { Clock } from '../clock.ts';

/** A clock that stands until it is moved. Sleeps end at once and are recorded. */
export class StoppedClock implements Clock {
  readonly slept: number[] = [];
  #now = Date.UTC(2026, 0, 15, 12);

  now(): Date {
    return new Date(this.#now);
  }

  sleep(ms: number): Promise<void> {
    this.slept.push(ms);
    return Promise.resolve();
  }

  advance(ms: number): void {
    this.#now += ms;
  }
}

export const MINUTE_MS = 60_000;
export const DAY_MS = 24 * 60 * MINUTE_MS;
