import { type Clock, hasCode, isRetryable, RcmError } from '@rcm/telemetry';
import type { Pacer } from './pacer.ts';

/** Makes one call, again where that is safe, within what is left of the run's budget of repeats. */
export type Patience = <T>(pacer: Pacer | null, act: () => Promise<T>) => Promise<T>;

export interface PatienceOptions {
  readonly clock: Clock;
  /** 0 to 1; spreads the pauses of several workers. */
  readonly random: () => number;
  /** Ends pauses and turns at once (`cancelled`); a call under way is not touched. */
  readonly stop: AbortSignal;
  /** Tries of one call, the first included. Default 6. */
  readonly tries?: number;
  /** Repeats that the whole run may owe at one moment; every call that goes through gives one back. Default 40. */
  readonly budget?: number;
  /** Milliseconds of the first pause; doubles each time, up to 5 s. Default 200. */
  readonly firstPauseMs?: number;
}

/** A pace that could not be changed is kept; the call itself has its answer. */
const ignore = (): void => undefined;

const LONGEST_PAUSE_MS = 5_000;

/**
 * Repeats what the error table calls retryable, with growing pauses. The budget is one for the run: when a service is down for
 * good, the run says so after tens of repeats, not after tens for every endpoint. Every call it is given must be safe to repeat.
 */
export function createPatience({ clock, random, stop, tries = 6, budget = 40, firstPauseMs = 200 }: PatienceOptions): Patience {
  let left = budget;
  return async (pacer, act) => {
    for (let attempt = 1; ; attempt += 1) {
      if (stop.aborted) throw new RcmError('cancelled', 'The migrator was asked to stop.');
      try {
        await pacer?.turn(stop);
        const answer = await act();
        left = Math.min(left + 1, budget);
        await pacer?.succeeded().catch(ignore);
        return answer;
      } catch (error) {
        if (hasCode(error, 'store_throttled')) await pacer?.throttled().catch(ignore);
        if (!isRetryable(error) || hasCode(error, 'cancelled') || attempt >= tries || left < 1) throw error;
        left -= 1;
        const pauseMs = Math.min(firstPauseMs * 2 ** (attempt - 1), LONGEST_PAUSE_MS);
        await clock.sleep(pauseMs * (0.5 + random() / 2), stop);
      }
    }
  };
}
