export interface Turns {
  /** Does the task whose turn it is; `null`: there is none. */
  readonly next: () => Promise<unknown>;
  /** Has this called again, here or in another process. */
  readonly another: () => Promise<unknown>;
  /** No new task begins once it has aborted. */
  readonly stopping: AbortSignal;
  /** Milliseconds after which no new task begins here. Default five minutes. */
  readonly forMs?: number;
}

/** Far below the time after which the queue gives a job up (half an hour), with a task that takes its whole deadline at the end. */
const FOR_MS = 300_000;

/**
 * What a job of the queue sets off. It says that there is something to do, not what: that is decided when a hand is free. Goes on while
 * there is a task whose turn it is, since the jobs of those that had to wait for a session are used up.
 */
export async function workInTurn({ next, another, stopping, forMs = FOR_MS }: Turns): Promise<void> {
  const until = performance.now() + forMs;
  while (!stopping.aborted) {
    if ((await next()) === null) return;
    if (performance.now() < until) continue;
    await another();
    return;
  }
}
