/** How a portal locks an account. Times in ms. */
export interface LockoutRules {
  readonly counts: 'consecutive' | 'window' | 'until_unlocked';
  /** The wrong try that makes so many locks the account. */
  readonly threshold: number;
  /** Older ones do not count; `null`: they count however old they are. */
  readonly windowMs: number | null;
  /** `null`: until support is called. */
  readonly lastsMs: number | null;
  readonly countsCodes: boolean;
}

export interface Failure {
  readonly at: number;
  /** When whoever it was let it out. */
  readonly askedAt: number;
  /** Ours, or a person's who uses the same account. */
  readonly by: 'us' | 'person';
}

/** What a portal remembers of wrong tries. */
export interface LockState {
  failures: Failure[];
  /** `null`: never locked, or unlocked since. `Infinity`: until support is called. */
  lockedUntil: number | null;
}

export const isLocked = ({ lockedUntil }: LockState, now: number): boolean => lockedUntil !== null && lockedUntil > now;

/**
 * Wrong tries that count now. `consecutive`: an accepted login, the end of a lock and, where there is a window, age wipe out.
 * `window`: age does and nothing else. `until_unlocked`: only support does.
 */
export function countingFailures(rules: LockoutRules, { failures, lockedUntil }: LockState, now: number): readonly Failure[] {
  const windowStart = rules.windowMs === null ? Number.NEGATIVE_INFINITY : now - rules.windowMs;
  const rowStart = rules.counts === 'consecutive' && lockedUntil !== null && lockedUntil <= now ? lockedUntil : Number.NEGATIVE_INFINITY;
  return failures.filter(({ at }) => at > windowStart && at >= rowStart);
}

export function noteSuccess(rules: LockoutRules, state: LockState): void {
  if (rules.counts === 'consecutive') state.failures = [];
}

/** Counts a wrong try; says whether it locked the account. */
export function noteFailure(rules: LockoutRules, state: LockState, failure: Failure): boolean {
  // Before a new lock is noted: what the end of an earlier one has wiped out does not come back with it.
  state.failures = [...countingFailures(rules, state, failure.at), failure];
  if (countingFailures(rules, state, failure.at).length < rules.threshold) return false;
  state.lockedUntil = rules.lastsMs === null ? Number.POSITIVE_INFINITY : failure.at + rules.lastsMs;
  return true;
}

/** What support does for whoever calls. */
export function unlock(state: LockState): void {
  state.failures = [];
  state.lockedUntil = null;
}
