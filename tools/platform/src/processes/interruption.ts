import { RcmError } from '@rcm/telemetry';

/** What ends a run early: the user, whoever started us going away (they send SIGTERM then), or a process that died. */
export interface Interruption {
  /** Aborts once; its reason is an RcmError: `cancelled` where somebody wanted the end, else what went wrong. */
  readonly signal: AbortSignal;
  abort(reason: RcmError): void;
  /** Gives the signals back to Node's own handling. */
  stop(): void;
}

/** A signal to the whole group reaches us twice: directly, and passed on by the script above us. That is one request. */
const SAME_REQUEST_MS = 1_000;

/**
 * The first Ctrl-C (or SIGTERM, SIGHUP) asks for the orderly end, which can take as long as work in hand needs; a later Ctrl-C
 * calls `onImpatience`.
 */
export function listenForInterruption(onImpatience: () => void): Interruption {
  const controller = new AbortController();
  const abort = (reason: RcmError) => controller.abort(reason);
  let askedAt: number | null = null;
  const onSignal = (name: NodeJS.Signals) => {
    if (askedAt !== null && name === 'SIGINT' && Date.now() - askedAt > SAME_REQUEST_MS) onImpatience();
    askedAt ??= Date.now();
    abort(new RcmError('cancelled', 'Stopped before the end was reached.'));
  };
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const name of signals) process.on(name, onSignal);
  // npm may have been killed with the terminal's end of our pipes: what can no longer be said must not stop the orderly end.
  const ignore = () => {};
  process.stdout.on('error', ignore);
  process.stderr.on('error', ignore);
  return {
    signal: controller.signal,
    abort,
    stop() {
      for (const name of signals) process.off(name, onSignal);
    },
  };
}

/** `act`, unless the signal aborts first: then it rejects with the signal's reason, and a late end of `act` concerns nobody. */
export async function unlessAborted<T>(signal: AbortSignal, act: Promise<T>): Promise<T> {
  let onAbort = () => {};
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => reject(signal.reason as Error);
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
  });
  act.catch(() => {});
  try {
    return await Promise.race([act, aborted]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
