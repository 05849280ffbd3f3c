import type { Clock } from '@rcm/telemetry';

/** Spreads calls over time, for all workers of a process together. */
export interface Pacer {
  /** Resolves when it is this caller's turn; rejects with `cancelled`. */
  turn(signal: AbortSignal): Promise<void>;
  /** The other side said "too fast": the gap between turns grows by half. */
  throttled(): void;
  /** A call went through: the gap shrinks back towards the configured one. */
  succeeded(): void;
}

export interface PacerOptions {
  /** Turns a second, at most. */
  readonly perSecond: number;
  readonly clock: Clock;
}

const GROWTH = 1.5;
const SHRINK = 0.9;
/** However often we are throttled, one call in this many milliseconds is tried. */
const LONGEST_GAP_MS = 5_000;

/**
 * Evenly spaced turns without bursts: SSM counts writes per second. The rate adapts, because the quota is shared with
 * everything else in the account and may be lower than what is configured here.
 */
export function createPacer({ perSecond, clock }: PacerOptions): Pacer {
  const configuredGapMs = 1000 / perSecond;
  let gapMs = configuredGapMs;
  let nextAt = 0;
  return {
    async turn(signal) {
      const now = clock.now().getTime();
      const mine = Math.max(now, nextAt);
      nextAt = mine + gapMs;
      if (mine > now) await clock.sleep(mine - now, signal);
    },
    throttled() {
      gapMs = Math.min(gapMs * GROWTH, Math.max(LONGEST_GAP_MS, configuredGapMs));
    },
    succeeded() {
      gapMs = Math.max(gapMs * SHRINK, configuredGapMs);
    },
  };
}
