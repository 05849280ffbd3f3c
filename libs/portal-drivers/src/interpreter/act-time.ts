import { setTimeout as pause } from 'node:timers/promises';
import { RcmError } from '@rcm/telemetry';

/** Milliseconds between two looks at a page, twice as many after each look up to the last. A look costs a few milliseconds; people need ten times the last to see a change. */
const FIRST_PAUSE_MS = 5;
const LAST_PAUSE_MS = 40;

/** The time of one act: ends at its deadline or when its signal aborts. */
export interface ActTime {
  readonly signal: AbortSignal;
  /** Milliseconds a step may take: its own deadline, or what is left of the act's. At least 1. */
  stepMs(stepDeadlineMs: number): number;
  /** Fails with `cancelled` if the act is over. */
  check(what: string): void;
  /** Looks again and again until `look` gives a value. Fails with `deadline_exceeded` after `ms`. */
  until<T>(what: string, ms: number, look: () => Promise<T | null>): Promise<T>;
}

export function createActTime(deadlineMs: number, signal: AbortSignal): ActTime {
  const end = performance.now() + deadlineMs;
  const check = (what: string): void => {
    if (signal.aborted) throw new RcmError('cancelled', `${what} was stopped.`);
  };
  return {
    signal,
    stepMs: (stepDeadlineMs) => Math.max(1, Math.min(stepDeadlineMs, end - performance.now())),
    check,
    async until(what, ms, look) {
      const last = performance.now() + ms;
      for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(2 * pauseMs, LAST_PAUSE_MS)) {
        check(what);
        const found = await look();
        if (found !== null) return found;
        if (performance.now() >= last) throw new RcmError('deadline_exceeded', `${what} did not show within ${Math.round(ms)} ms.`);
        await pause(pauseMs, undefined, { signal }).catch(() => undefined);
      }
    },
  };
}
