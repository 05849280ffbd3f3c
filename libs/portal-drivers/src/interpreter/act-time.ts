import { setTimeout as pause } from 'node:timers/promises';
import { type OutsideDeadline, RcmError } from '@rcm/telemetry';
import { type PageWatch, type Trouble, troubleInWords } from './page-watch.ts';

/** Milliseconds between two looks at a page, twice as many after each look up to the last, and the first again when the page has moved. A look costs a few milliseconds; people need ten times the last to see a change. */
const FIRST_PAUSE_MS = 5;
const LAST_PAUSE_MS = 40;
/**
 * The same while the server has yet to answer for a document: what comes with it ends the pause, and only what a script draws meanwhile is seen so much later. In a
 * page of frames each look asks all of them: that was a fifth of what a rotation asked of the pages of two portals, one of them of frames.
 */
const AWAITED_PAUSE_MS = 150;

export interface ActTimeOptions {
  readonly deadlineMs: number;
  readonly signal: AbortSignal;
  /** The page that is looked at: its next movement ends a pause, and a broken frame is told where something did not show. */
  readonly watch: Pick<PageWatch, 'moved' | 'awaitsDocument' | 'frameTrouble'>;
  /** Done after every look that found nothing. */
  readonly meanwhile?: () => Promise<void>;
  /** Of the deadline that the act runs under. Default: nothing is outside of it. */
  readonly outside?: OutsideDeadline;
}

/** The time of one act: ends at its deadline or when its signal aborts. */
export interface ActTime {
  readonly signal: AbortSignal;
  /** Milliseconds a step may take: its own deadline, or what is left of the act's. At least 1. */
  stepMs(stepDeadlineMs: number): number;
  /** Runs `wait`, and its time is none of the act's. */
  outside<T>(wait: () => Promise<T>): Promise<T>;
  /** Fails with `cancelled` if the act is over. */
  check(what: string): void;
  /** Looks again and again until `look` gives a value. Fails with `deadline_exceeded` after `ms`, with `portal_unavailable` where a frame of the page was in trouble. */
  until<T>(what: string, ms: number, look: () => Promise<T | null>): Promise<T>;
}

export function createActTime({ deadlineMs, signal, watch, meanwhile, outside }: ActTimeOptions): ActTime {
  let end = performance.now() + deadlineMs;
  const check = (what: string): void => {
    if (signal.aborted) throw new RcmError('cancelled', `${what} was stopped.`);
  };
  return {
    signal,
    stepMs: (stepDeadlineMs) => Math.max(1, Math.min(stepDeadlineMs, end - performance.now())),
    async outside(wait) {
      if (!outside) return wait();
      const startedAt = performance.now();
      try {
        return await outside(wait);
      } finally {
        end += performance.now() - startedAt;
      }
    },
    check,
    async until(what, ms, look) {
      const last = performance.now() + ms;
      let pauseMs = FIRST_PAUSE_MS;
      for (;;) {
        check(what);
        // Asked before the look, so that no movement falls between the two.
        const moved = watch.moved().then(() => true);
        const found = await look();
        if (found !== null) return found;
        await meanwhile?.();
        if (performance.now() >= last) throw tooLate(`${what} did not show within ${Math.round(ms)} ms`, watch.frameTrouble());
        await pause(FIRST_PAUSE_MS, undefined, { signal }).catch(() => undefined);
        const pauseNow = watch.awaitsDocument() ? AWAITED_PAUSE_MS : pauseMs;
        // The last look is at the end, not after it.
        const restMs = Math.min(pauseNow - FIRST_PAUSE_MS, last - performance.now());
        const early = await Promise.race([moved, pause(Math.max(0, restMs), false, { signal }).catch(() => false)]);
        pauseMs = early ? FIRST_PAUSE_MS : Math.min(2 * pauseMs, LAST_PAUSE_MS);
      }
    },
  };
}

const tooLate = (what: string, inFrame: Trouble | null): RcmError =>
  inFrame ? new RcmError('portal_unavailable', `${what}. In a frame: ${troubleInWords(inFrame)}.`) : new RcmError('deadline_exceeded', `${what}.`);
