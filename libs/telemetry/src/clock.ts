import { setTimeout as delay } from 'node:timers/promises';
import { RcmError } from './error.ts';

/** Time as the code sees it; tests pass their own. Times that decide between processes are Postgres's, never these. */
export interface Clock {
  now(): Date;
  /** Milliseconds since whenever, for what lasts within one process: it never jumps, where somebody may set `now` back in the middle of a wait. */
  elapsed(): number;
  /** Resolves after `ms` milliseconds; rejects with `cancelled` as soon as the signal aborts. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** Node's timers hold 31 bits; a longer one fires at once, which would turn a wait of a month into a busy loop. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

export const systemClock: Clock = {
  now: () => new Date(),
  elapsed: () => performance.now(),
  async sleep(ms, signal) {
    try {
      for (let left = ms; ; left -= LONGEST_TIMER_MS) {
        await delay(Math.min(left, LONGEST_TIMER_MS), undefined, signal ? { signal } : {});
        if (left <= LONGEST_TIMER_MS) return;
      }
    } catch (cause) {
      throw new RcmError('cancelled', 'The wait was cancelled.', { cause });
    }
  },
};

/** Runs `wait`, and its time is none of the deadline's. What is waited for so has a deadline of its own. */
export type OutsideDeadline = <T>(wait: () => Promise<T>) => Promise<T>;

/**
 * Runs `act` under a deadline: its signal aborts after `ms` milliseconds or with `signal`, whichever is first, and a late
 * answer is not waited for. Fails with `deadline_exceeded` or `cancelled`; where `signal` has aborted already, `act` never starts.
 */
export async function withDeadline<T>(
  options: { readonly ms: number; readonly what: string; readonly signal?: AbortSignal },
  act: (signal: AbortSignal, outside: OutsideDeadline) => Promise<T>,
): Promise<T> {
  const cancelled = () => new RcmError('cancelled', `${options.what} was cancelled.`);
  if (options.signal?.aborted) throw cancelled();
  const timer = new AbortController();
  let left = Math.min(options.ms, LONGEST_TIMER_MS);
  let startedAt = performance.now();
  let timeout: NodeJS.Timeout | undefined = setTimeout(() => timer.abort(), left);
  let isOver = false;
  const outside: OutsideDeadline = async (wait) => {
    clearTimeout(timeout);
    left = Math.max(0, left - (performance.now() - startedAt));
    try {
      return await wait();
    } finally {
      startedAt = performance.now();
      if (!isOver) timeout = setTimeout(() => timer.abort(), left);
    }
  };
  const signal = options.signal ? AbortSignal.any([options.signal, timer.signal]) : timer.signal;
  const stopped = () =>
    timer.signal.aborted
      ? new RcmError('deadline_exceeded', `${options.what} took longer than ${options.ms} ms.`, { details: { ms: options.ms } })
      : cancelled();
  let onAbort = () => {};
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => reject(stopped());
    signal.addEventListener('abort', onAbort, { once: true });
  });
  try {
    return await Promise.race([act(signal, outside), aborted]);
  } finally {
    isOver = true;
    clearTimeout(timeout);
    signal.removeEventListener('abort', onAbort);
  }
}
