import { RcmError } from '@rcm/telemetry';

/** Every number of the cache and of the way to the store. */
export interface ReadingNumbers {
  /** Credentials held. Default 10 000. */
  readonly maxEntries: number;
  /** How long a value is used without asking the store, in ms. Default 600 000 (10 minutes). */
  readonly ttlMs: number;
  /** Up to this part of the TTL is taken off at random, so that what was read together does not expire together. Default 0.1. */
  readonly ttlJitter: number;
  /** How long beyond its TTL a value is served while the store is down, in ms. Default 3 600 000 (1 hour). */
  readonly staleMs: number;
  /** How long somebody who could be served a stale value waits for a fresh one, in ms. Default 2000. */
  readonly refreshWaitMs: number;
  /** How long after a failure what is beyond its TTL is served without asking first, in ms. Default 5000. */
  readonly downPauseMs: number;
  /** How long it is remembered that a secret is missing, or that the store refuses it, in ms. Default 5000. */
  readonly missingMs: number;
  /** Deadline of one read, the wait for its turn and all repeats included, in ms. Default 30 000. */
  readonly readDeadlineMs: number;
  /** Calls to the stores under way at once. Default 16. */
  readonly maxParallel: number;
  /** Reads that may wait for a call; one more fails with `store_throttled`. Default 10 000: what SSM's quota answers within the deadline. */
  readonly maxWaiting: number;
  /** Calls to SSM per second at most, and in one burst. Default 36: nine tenths of SSM's own default quota of 40. */
  readonly ssmCallsPerSecond: number;
  /** Calls to any other store per second at most. Default 1000. */
  readonly otherCallsPerSecond: number;
  /** Tries of a call that the store could not answer. Default 3. One it would not answer (throttled) is repeated until the deadline. */
  readonly maxTries: number;
  /** Pause before the first repeat, in ms; doubled each time up to 5 s, half of it at random. Default 100. */
  readonly retryPauseMs: number;
  /** References asked for at once in a catch-up after missed changes. Default 500. */
  readonly catchUpBatch: number;
}

interface Bounds {
  readonly fallback: number;
  readonly least: number;
  readonly most: number;
}

const DAY_MS = 86_400_000;
const whole = (fallback: number, least: number, most: number): Bounds => ({ fallback, least, most });

/** Default and bounds of each; all but the jitter are whole numbers. */
export const READING_BOUNDS: Readonly<Record<keyof ReadingNumbers, Bounds>> = {
  maxEntries: whole(10_000, 1, 10_000_000),
  ttlMs: whole(600_000, 1, DAY_MS),
  ttlJitter: { fallback: 0.1, least: 0, most: 1 },
  staleMs: whole(3_600_000, 0, 7 * DAY_MS),
  refreshWaitMs: whole(2_000, 1, 600_000),
  downPauseMs: whole(5_000, 0, 600_000),
  missingMs: whole(5_000, 0, 600_000),
  readDeadlineMs: whole(30_000, 1, 600_000),
  maxParallel: whole(16, 1, 1_000),
  maxWaiting: whole(10_000, 1, 10_000_000),
  ssmCallsPerSecond: whole(36, 1, 10_000),
  otherCallsPerSecond: whole(1_000, 1, 10_000),
  maxTries: whole(3, 1, 20),
  retryPauseMs: whole(100, 1, 5_000),
  catchUpBatch: whole(500, 1, 10_000),
};

/** What is given, with defaults for the rest. Fails with `config_invalid`, which names every number that is out of bounds. */
export function checkedNumbers(given: Partial<ReadingNumbers>): ReadingNumbers {
  const names = Object.keys(READING_BOUNDS) as (keyof ReadingNumbers)[];
  const numbers = Object.fromEntries(names.map((name) => [name, given[name] ?? READING_BOUNDS[name].fallback])) as unknown as ReadingNumbers;
  const wrong = names.filter((name) => !isWithin(name, numbers[name]));
  if (wrong.length === 0) return numbers;
  const rules = wrong.map(
    (name) => `${name} must be ${name === 'ttlJitter' ? 'a' : 'a whole'} number from ${READING_BOUNDS[name].least} to ${READING_BOUNDS[name].most}`,
  );
  throw new RcmError('config_invalid', `The credential manager cannot work with these numbers: ${rules.join('; ')}.`);
}

function isWithin(name: keyof ReadingNumbers, value: number): boolean {
  const { least, most } = READING_BOUNDS[name];
  return value >= least && value <= most && (name === 'ttlJitter' || Number.isInteger(value));
}
