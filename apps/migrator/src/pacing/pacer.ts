import { changePace, type Database, takeTurn } from '@rcm/db';
import type { Clock } from '@rcm/telemetry';

/** Spreads calls over time, for all migrators on one database together. */
export interface Pacer {
  /** Resolves when it is this caller's turn. Fails with `cancelled`, `database_*`. */
  turn(signal: AbortSignal): Promise<void>;
  /** The other side said "too fast": the gap between turns grows by half, for everybody. */
  throttled(): Promise<void>;
  /** A call went through: a gap that has grown shrinks back towards the configured one. */
  succeeded(): Promise<void>;
}

export interface PacerOptions {
  readonly db: Database;
  /** What the store counts together. */
  readonly counted: string;
  /** Turns a second, at most. */
  readonly perSecond: number;
  readonly clock: Clock;
}

const GROWTH = 1.5;
const SHRINK = 0.9;
/** However often we are throttled, one call in this many milliseconds is tried. */
const LONGEST_GAP_MS = 5_000;

/**
 * Evenly spaced turns without bursts: SSM counts writes per second, and of the account, not of a process. So the next turn is kept in Postgres, where every migrator takes
 * it from. The rate adapts, because the quota is shared with everything else in the account and may be lower than what is configured here.
 */
export function createPacer({ db, counted, perSecond, clock }: PacerOptions): Pacer {
  const pace = { counted, gapMs: 1000 / perSecond };
  const longestMs = Math.max(LONGEST_GAP_MS, pace.gapMs);
  let slowed = false;
  return {
    async turn(signal) {
      const turn = await takeTurn(db, pace);
      slowed = turn.slowed;
      if (turn.waitMs > 0) await clock.sleep(turn.waitMs, signal);
    },
    async throttled() {
      slowed = true;
      await changePace(db, { ...pace, by: GROWTH, longestMs });
    },
    async succeeded() {
      if (slowed) await changePace(db, { ...pace, by: SHRINK, longestMs });
    },
  };
}
