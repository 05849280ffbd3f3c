import { type Clock, hasCode } from '@rcm/telemetry';
import type { CallPace } from './call-pace.ts';

export interface RepeatedCallOptions {
  readonly pace: CallPace;
  readonly clock: Clock;
  readonly random: () => number;
  /** Tries of a call that was not answered. */
  readonly maxTries: number;
  readonly retryPauseMs: number;
  /** Ends the repeats: nobody waits any more. */
  readonly signal: AbortSignal;
  readonly onThrottle: () => void;
}

const LONGEST_PAUSE_MS = 5_000;

/**
 * Makes a call at the store's pace. Throttled, it is made again until the signal ends it: the pace has fallen, so that the repeats
 * cost the quota less and less. Not answered, it is made again a few times. Anything else is final. Fails with `cancelled` where the
 * signal ends it.
 */
export async function repeatedCall<T>(options: RepeatedCallOptions, calls: () => number, act: () => Promise<T>): Promise<T> {
  const { pace, clock, random, maxTries, retryPauseMs, signal, onThrottle } = options;
  let unanswered = 0;
  for (let repeats = 0; ; repeats += 1) {
    await pace.take(calls(), signal);
    try {
      const answer = await act();
      pace.answered();
      return answer;
    } catch (error) {
      if (hasCode(error, 'store_throttled')) {
        onThrottle();
        pace.throttled();
      } else {
        unanswered += 1;
        if (!hasCode(error, 'store_unavailable') || unanswered >= maxTries) throw error;
      }
      await clock.sleep(Math.min(retryPauseMs * 2 ** repeats, LONGEST_PAUSE_MS) * (1 - random() / 2), signal);
    }
  }
}
