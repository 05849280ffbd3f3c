import { setImmediate } from 'node:timers/promises';
import type { Clock } from '@rcm/telemetry';

/** A clock that stands until it is moved. */
export class ManualClock implements Clock {
  #now: number;

  constructor(start = Date.parse('2026-01-01T00:00:00Z')) {
    this.#now = start;
  }

  now(): Date {
    return new Date(this.#now);
  }

  /** Takes no time, but lets everything else go first. */
  async sleep(_ms: number, signal?: AbortSignal): Promise<void> {
    await setImmediate();
    signal?.throwIfAborted();
  }

  forward(ms: number): void {
    this.#now += ms;
  }
}
