import { totpCode, type TotpOptions } from '@rcm/portal-drivers';
import type { Clock, Secret } from '@rcm/telemetry';

const PERIOD_MS = 30_000;
/** A code is not typed in the last milliseconds of its step: it could arrive after it. */
const LAST_MS = 5_000;

export interface CodeOptions extends Omit<TotpOptions, 'step'> {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Told before a wait, with its milliseconds. */
  readonly onWait: (ms: number) => void;
}

/**
 * Gives the codes of one seed, none of them twice in this process: it waits for the next time-step where it must. There is no
 * database here, so another process that uses the same login at the same moment is not seen.
 */
export function createOneTimeCodes({ clock, signal, onWait, ...code }: CodeOptions): () => Promise<Secret<string>> {
  let used = -1;
  return async () => {
    for (;;) {
      const now = clock.now().getTime();
      const step = Math.floor(now / PERIOD_MS);
      const left = (step + 1) * PERIOD_MS - now;
      if (step > used && left > LAST_MS) {
        used = step;
        return totpCode({ ...code, step });
      }
      onWait(left);
      await clock.sleep(left, signal);
    }
  };
}
