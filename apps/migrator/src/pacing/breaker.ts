import { hasCode, isRetryable, RcmError } from '@rcm/telemetry';

/** Ends a run whose store or database is down, or whose store is full, instead of asking it for every remaining row. */
export interface Breaker {
  /** Aborts once it is open. */
  readonly open: AbortSignal;
  /** How one endpoint ended: `null` where it went well. */
  note(error: unknown): void;
  /** Why the run was ended, in one sentence; `null`: it was not. */
  readonly because: string | null;
}

/** Each of these has already been tried again for as long as the run's patience lasts. */
const IN_A_ROW = 5;

/**
 * Counts endpoints that failed by something that passes (the store or database did not answer, was too busy). One that went well, or failed by itself, forgives.
 * A store that is full takes no further one, so the first says it of all.
 */
export function createBreaker(inARow = IN_A_ROW): Breaker {
  const open = new AbortController();
  let count = 0;
  let because: string | null = null;
  return {
    open: open.signal,
    note(error) {
      if (hasCode(error, 'store_full') && because === null) {
        because = `Stopped: ${error.message} The remaining ones were not touched; run it again when there is room.`;
        open.abort();
      }
      count = isRetryable(error) ? count + 1 : 0;
      if (count < inARow || because !== null) return;
      const code = error instanceof RcmError ? error.code : 'unexpected';
      because = `Stopped: ${count} endpoints in a row failed with ${code}, and each had been tried again. The remaining ones were not touched; run it again when that has passed.`;
      open.abort();
    },
    get because() {
      return because;
    },
  };
}
