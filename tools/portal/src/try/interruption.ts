/**
 * What Ctrl-C and SIGTERM mean while a recipe is tried. Before a new password was submitted the first one ends everything. From the
 * submit to the portal's answer the first one only asks for patience, because what is known then is worth more than the
 * seconds; a second one ends it.
 */
export interface Interruption {
  readonly signal: AbortSignal;
  /** From now until `answered` one interruption is put off. */
  submitting(): void;
  answered(): void;
  dispose(): void;
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

export function watchInterruption(source: NodeJS.Process, say: (text: string) => void): Interruption {
  const stop = new AbortController();
  let patience = false;
  let wanted = false;
  const onSignal = (): void => {
    if (patience) {
      patience = false;
      wanted = true;
      say('The new password has been submitted: waiting for the portal’s answer. Once more stops without it.\n');
      return;
    }
    stop.abort();
  };
  for (const name of SIGNALS) source.on(name, onSignal);
  return {
    signal: stop.signal,
    submitting: () => void (patience = true),
    answered() {
      patience = false;
      if (wanted) stop.abort();
    },
    dispose() {
      for (const name of SIGNALS) source.off(name, onSignal);
    },
  };
}
