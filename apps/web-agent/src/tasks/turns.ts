import type { Clock } from '@rcm/telemetry';

export interface Turns {
  /** Tasks at once in this process. */
  readonly hands: number;
  /** Whether a task may be there; cheap, asked while a hand is free. */
  readonly waits: () => Promise<boolean>;
  /** Does the task whose turn it is; `null`: there is none to be had now. */
  readonly next: () => Promise<unknown>;
  /** Told of what fails where nobody waits for it: it is asked again. */
  readonly onError: (error: unknown) => void;
  readonly clock: Clock;
  /** Pause between two looks, in ms; up to `idleMs` while what waits is not to be had, or nothing can be asked. */
  readonly pollMs: number;
  readonly idleMs: number;
  /** No new task begins once it has aborted. */
  readonly stopping: AbortSignal;
}

/**
 * Does tasks until it is told to stop; resolves when those in hand have ended. The rows are the queue: which task is done next is decided by the
 * database when a hand is free, so nothing that somebody sent can say what is done. A hand goes on while there is a task whose turn it is.
 */
export async function workInTurn(turns: Turns): Promise<void> {
  const { clock, hands, pollMs, idleMs, stopping } = turns;
  const busy = new Set<Promise<boolean>>();
  let pauseMs = pollMs;
  while (!stopping.aborted) {
    const longer = Math.min(idleMs, pauseMs * 2);
    if (busy.size < hands) {
      const asked = await turns.waits().catch((error: unknown) => turns.onError(error));
      if (asked === undefined) pauseMs = longer;
      while (asked === true && busy.size < hands && !stopping.aborted) {
        const hand = workOn(turns).then((tookAny) => {
          busy.delete(hand);
          // What waits is held up by accounts or portals that are in use: whoever has one of them asks again when it is free.
          pauseMs = tookAny ? pollMs : longer;
          return tookAny;
        });
        busy.add(hand);
      }
      if (asked === false) pauseMs = pollMs;
    }
    await clock.sleep(pauseMs, stopping).catch(() => undefined);
  }
  await Promise.all(busy);
}

/** One task after the other, while there is one; says whether there was any. Never rejects. */
async function workOn({ next, onError, stopping }: Turns): Promise<boolean> {
  let tookAny = false;
  try {
    while (!stopping.aborted && (await next()) !== null) tookAny = true;
  } catch (error) {
    onError(error);
  }
  return tookAny;
}
