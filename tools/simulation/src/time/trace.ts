import { BEGINNING, type Scheduler } from './scheduler.ts';

export interface TraceEntry {
  readonly at: number;
  readonly who: string;
  readonly what: string;
}

/** What happened, in the order in which it happened. Two runs of one seed give the same bytes. */
export class Trace {
  readonly entries: TraceEntry[] = [];
  readonly #scheduler: Scheduler;

  constructor(scheduler: Scheduler) {
    this.#scheduler = scheduler;
  }

  add(who: string, what: string): void {
    this.entries.push({ at: this.#scheduler.now, who, what });
  }

  get lines(): string[] {
    return this.entries.map(({ at, who, what }) => `${timeWords(at)} ${who}: ${what}`);
  }
}

/** Days and time of day since the environment began, to the millisecond. */
export function timeWords(at: number): string {
  const ms = at - BEGINNING;
  const day = Math.floor(ms / 86_400_000);
  return `day ${String(day + 1).padStart(2)} ${new Date(ms - day * 86_400_000).toISOString().slice(11, 23)}`;
}
