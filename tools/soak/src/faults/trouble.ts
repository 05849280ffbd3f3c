import { setTimeout as delay } from 'node:timers/promises';
import type { SoakEnvironment } from '../environment/soak-environment.ts';
import { FAULT_KINDS, type FaultKind, makeFault } from './fault.ts';

export type FaultCounts = Record<FaultKind, number>;

export interface Trouble {
  readonly counts: FaultCounts;
  /** Resolves when the last fault is over. */
  stop(): Promise<void>;
}

/** Makes one fault after another, each kind in its turn, with a pause between two. */
export function startTrouble(soak: SoakEnvironment, options: { readonly pauseMs: number; readonly say: (line: string) => void }): Trouble {
  const counts = Object.fromEntries(FAULT_KINDS.map((kind) => [kind, 0])) as FaultCounts;
  const stop = new AbortController();
  const run = async (): Promise<void> => {
    for (let turn = 0; !stop.signal.aborted; turn += 1) {
      await delay(options.pauseMs, undefined, { signal: stop.signal }).catch(() => undefined);
      if (stop.signal.aborted) return;
      const kind = FAULT_KINDS[turn % FAULT_KINDS.length] as FaultKind;
      options.say(`fault: ${kind}`);
      await makeFault(kind, soak, counts[kind], stop.signal);
      counts[kind] += 1;
    }
  };
  const running = run();
  return {
    counts,
    async stop() {
      stop.abort();
      await running;
    },
  };
}
