const SIGNALS = ['SIGTERM', 'SIGINT'] as const;

export interface StopSignals {
  /** Aborts at the first signal: nothing new begins. */
  readonly drain: AbortSignal;
  /** Aborts at the second: what is in hand is handed back now. */
  readonly hurry: AbortSignal;
  /** From here on a signal ends the process, as it does where nobody listens. */
  release(): void;
}

/** Listens for requests to stop. However many come, none of them ends the process in the middle of handing back its tasks. */
export function listenForStop(): StopSignals {
  const [drain, hurry] = [new AbortController(), new AbortController()];
  const onSignal = (): void => (drain.signal.aborted ? hurry : drain).abort();
  for (const name of SIGNALS) process.on(name, onSignal);
  return {
    drain: drain.signal,
    hurry: hurry.signal,
    release: () => {
      for (const name of SIGNALS) process.off(name, onSignal);
    },
  };
}
