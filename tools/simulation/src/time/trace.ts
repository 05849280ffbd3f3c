import { BEGINNING, type Scheduler } from './scheduler.ts';

/** What happened, a line each, in the order in which it happened. Two runs of one seed give the same bytes. */
export class Trace {
  readonly lines: string[] = [];
  readonly #scheduler: Scheduler;

  constructor(scheduler: Scheduler) {
    this.#scheduler = scheduler;
  }

  add(who: string, what: string): void {
    this.lines.push(`${timeWords(this.#scheduler.now)} ${who}: ${what}`);
  }
}

/** Days and time of day since the world began, to the millisecond. */
export function timeWords(at: number): string {
  const ms = at - BEGINNING;
  const day = Math.floor(ms / 86_400_000);
  return `day ${String(day + 1).padStart(2)} ${new Date(ms - day * 86_400_000).toISOString().slice(11, 23)}`;
}
