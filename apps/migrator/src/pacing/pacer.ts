import type { Database } from '@rcm/db';
import { changePace, takeTurn, type Turn } from '@rcm/db/migration';
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
  /** Takes the next turn of everybody's. Default: out of `db`. */
  readonly take?: (question: { readonly counted: string; readonly gapMs: number; readonly wide: number }) => Promise<Turn>;
}

const GROWTH = 1.5;
const SHRINK = 0.9;
/** However often we are throttled, one call in this many milliseconds is tried. */
const LONGEST_GAP_MS = 5_000;

/** A turn that keeps so many gaps free is used however late: whoever is later than that each time still gets on, and is refused at worst. */
const WIDEST = 8;

/**
 * Evenly spaced turns without bursts: SSM counts writes per second, and of the account, not of a process. So the next turn is kept in Postgres, where every migrator takes
 * it from. The rate adapts, because the quota is shared with everything else in the account and may be lower than what is configured here.
 *
 * A process that was held up (a busy machine, a pause of its runtime) finds its turn over, and its call would come together with those of later turns. So it gives the
 * turn up and takes a new one with more gaps behind it: two, four, eight.
 */
export function createPacer({ db, counted, perSecond, clock, take = (question) => takeTurn(db, question) }: PacerOptions): Pacer {
  const pace = { counted, gapMs: 1000 / perSecond };
  const longestMs = Math.max(LONGEST_GAP_MS, pace.gapMs);
  const postgres = clockOfPostgres(clock);
  let slowed = false;
  return {
    async turn(signal) {
      for (let wide = 1; ; wide *= 2) {
        const turn = await take({ ...pace, wide });
        postgres.said(turn.now);
        slowed = turn.slowed;
        const waitMs = turn.at - postgres.now();
        if (waitMs > 0) await clock.sleep(waitMs, signal);
        if (postgres.now() - turn.at <= latestMs(turn.gapMs) + (wide - 1) * turn.gapMs || wide >= WIDEST) return;
      }
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

/**
 * How late a turn may be used. A store lets a second's worth of calls through at once, so calls that are late by different times are let through as long as these lie
 * within a second less one gap; half of it is left to what comes between here and the store.
 */
const latestMs = (gapMs: number): number => Math.max(gapMs, 1000 - gapMs) / 2;

/** The way back from Postgres takes longer when this process is held up, so the quickest of the last answers says best how the clocks stand. */
const ANSWERS = 16;

/** Postgres's clock as seen from here: behind by the quickest way back, never ahead. A clock that is set anew is followed after so many answers. */
function clockOfPostgres(clock: Clock): { said(now: number): void; now(): number } {
  const behind: number[] = [];
  const here = () => clock.now().getTime();
  return {
    said(now) {
      behind.push(here() - now);
      if (behind.length > ANSWERS) behind.shift();
    },
    now: () => here() - Math.min(...behind),
  };
}
