import { type Clock, RcmError } from '@rcm/telemetry';
import type { RewriteSession } from './rewrite-session.ts';

/** Whoever wants to use a table waits behind one that waits to have it alone: each try is short. */
export const LOCK_MS = 2_000;
/** Between two tries everybody goes on; where it takes long, for longer than a try took. */
const [FIRST_PAUSE_MS, LONGEST_PAUSE_MS] = [200, 5_000];
const LOCK_NOT_AVAILABLE = '55P03';

export interface Patience {
  readonly clock: Clock;
  /** How long one statement is tried again, in ms. */
  readonly forMs: number;
  readonly signal: AbortSignal | undefined;
  readonly onBusy: (statement: string) => void;
}

/**
 * The same session, whose statements are tried again as long as somebody else has the lock that they wait for: Postgres did nothing of one that it gave up for that.
 * Fails with `deadline_exceeded`, and with `cancelled` as soon as the signal aborts.
 */
export function patient(session: RewriteSession, { clock, forMs, signal, onBusy }: Patience): RewriteSession {
  const tried = async <T>(statement: string, act: () => Promise<T>): Promise<T> => {
    const deadline = clock.elapsed() + forMs;
    for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)) {
      try {
        return await act();
      } catch (error) {
        if ((error as { readonly code?: unknown }).code !== LOCK_NOT_AVAILABLE) throw error;
      }
      if (clock.elapsed() >= deadline)
        throw new RcmError(
          'deadline_exceeded',
          `The storage rewrite gave up after ${forMs} ms: others used what this needs whenever it was tried: ${statement}.`,
        );
      if (pauseMs === FIRST_PAUSE_MS) onBusy(statement);
      await clock.sleep(pauseMs, signal);
    }
  };
  return {
    query: (text, values) => tried(text, () => session.query(text, values)),
    act: (text) => tried(text, () => session.act(text)),
  };
}
