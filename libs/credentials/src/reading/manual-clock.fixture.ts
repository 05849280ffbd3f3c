import { setImmediate } from 'node:timers/promises';
import type { Clock } from '@rcm/telemetry';

/** A clock that stands until it is moved. */
export class ManualClock implements Clock {
  #now: number;
  #elapsed = 0;

  constructor(start = Date.parse('2026-01-01T00:00:00Z')) {
    this.#now = start;
  }

  now(): Date {
    return new Date(this.#now);
  }

  elapsed(): number {
    return this.#elapsed;
  }

  /** Takes no time, but lets everything else go first. */
  async sleep(_ms: number, signal?: AbortSignal): Promise<void> {
    await setImmediate();
    signal?.throwIfAborted();
  }

  forward(ms: number): void {
    this.#now += ms;
    this.#elapsed += ms;
  }

  /** Somebody sets it, and no time passes. */
  setBack(ms: number): void {
    this.#now -= ms;
  }
}
