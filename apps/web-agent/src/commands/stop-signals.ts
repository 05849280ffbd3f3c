const SIGNALS = ['SIGTERM', 'SIGINT'] as const;

export interface StopSignals {
  /** Aborts at the first signal: nothing new begins. */
  readonly drain: AbortSignal;
  /** Aborts at the second: what is in hand is handed back now. */
  readonly hurry: AbortSignal;
}

/**
 * Listens for requests to stop, for as long as the process lives: however many come and however late, none of them ends it in the middle of
 * handing back its tasks. Listening does not keep the process alive.
 */
export function listenForStop(): StopSignals {
  const [drain, hurry] = [new AbortController(), new AbortController()];
  const onSignal = (): void => (drain.signal.aborted ? hurry : drain).abort();
  for (const name of SIGNALS) process.on(name, onSignal);
  return { drain: drain.signal, hurry: hurry.signal };
}
