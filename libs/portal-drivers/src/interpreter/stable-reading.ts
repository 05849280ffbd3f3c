import { RcmError } from '@rcm/telemetry';
import type { Act } from './act.ts';
import type { Worded } from './outcome-watch.ts';

/** Milliseconds for which what is read must stay the same: scripts that draw bit by bit pause for a frame or an answer, not longer. */
const STABLE_MS = 150;

/** Something read from the page, or the words for why it cannot be read yet; these become the error where it never can. */
export type Reading<T> =
  | {
      readonly value: T;
      /** The page cannot change by itself any more, so it need not be watched. */
      readonly final?: boolean;
      /** Only what is not there speaks for it, so it must stay the same twice as long. */
      readonly doubtful?: boolean;
    }
  | { readonly problem: string }
  | null;

/**
 * Reads until the same is read for `STABLE_MS`, with nothing else in between: a page that is drawn bit by bit is not read
 * halfway. Fails with `portal_unexpected` where the last reading had a problem, else with `deadline_exceeded`.
 */
export async function stableReading<T, W extends Worded>(act: Act<W>, what: string, read: () => Promise<Reading<T>>): Promise<T> {
  let last: { readonly text: string; readonly since: number } | null = null;
  let problem: string | null = null;
  try {
    const found = await act.time.until(what, act.time.stepMs(act.stepDeadlineMs), async () => {
      const reading = await read().catch(() => null);
      problem = reading && 'problem' in reading ? reading.problem : null;
      if (!reading || 'problem' in reading) return (last = null);
      if (reading.final) return reading;
      const text = JSON.stringify(reading.value);
      if (text !== last?.text) last = { text, since: performance.now() };
      return performance.now() - last.since >= (reading.doubtful ? 2 : 1) * STABLE_MS ? reading : null;
    });
    return found.value;
  } catch (error) {
    throw problem === null ? error : new RcmError('portal_unexpected', problem);
  }
}
