import type { Clock } from '@rcm/telemetry';

export interface BrowserOfTasks {
  /** Why no browser can be had; `null`: nothing is known against it. */
  readonly problem: () => Promise<string | null>;
  /** Starts one. */
  readonly start: () => Promise<void>;
  /** Told of each start that failed. */
  readonly onFailure: (error: unknown) => void;
  readonly clock: Pick<Clock, 'elapsed'>;
}

/** Three of these are within the time of the alarm `rcm-browser-failing`. */
const START_EVERY_MS = 15_000;

/**
 * Whether a task may be taken: a process that can start no browser would take one after the other from those that can, as it has a hand free again at once. So it takes
 * none until one has started, which it tries now and then.
 */
export function mayTakeTasks({ problem, start, onFailure, clock }: BrowserOfTasks): () => Promise<boolean> {
  let startedAt = -Infinity;
  return async () => {
    if ((await problem()) === null) return true;
    if (clock.elapsed() - startedAt < START_EVERY_MS) return false;
    startedAt = clock.elapsed();
    await start().catch(onFailure);
    return (await problem()) === null;
  };
}
