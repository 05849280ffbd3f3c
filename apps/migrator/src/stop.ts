/** How long work in hand may take to finish once the process was asked to stop. */
const GRACE_MS = 30_000;

export interface Stop {
  /** Aborts at the first SIGTERM or SIGINT: take nothing new, finish what is in hand. */
  readonly stopping: AbortSignal;
  /** Aborts at the second signal, or when the grace is over: give calls up. */
  readonly giveUp: AbortSignal;
  /** As the first signal: somebody has asked for it in another way. */
  begin(): void;
  dispose(): void;
}

/** Turns the process's signals into two stages of stopping. */
export function stopOnSignals(events: NodeJS.EventEmitter = process): Stop {
  const stopping = new AbortController();
  const giveUp = new AbortController();
  let grace: NodeJS.Timeout | undefined;
  const begin = () => {
    if (stopping.signal.aborted) return;
    stopping.abort();
    grace = setTimeout(() => giveUp.abort(), GRACE_MS);
  };
  const onSignal = () => (stopping.signal.aborted ? giveUp.abort() : begin());
  events.on('SIGTERM', onSignal).on('SIGINT', onSignal);
  return {
    stopping: stopping.signal,
    giveUp: giveUp.signal,
    begin,
    dispose() {
      clearTimeout(grace);
      events.off('SIGTERM', onSignal).off('SIGINT', onSignal);
    },
  };
}
