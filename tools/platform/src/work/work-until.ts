import { RcmError, systemClock } from '@rcm/telemetry';
import type { Progress } from '../progress.ts';
import type { EndpointState, EndpointStates } from './endpoint-state.ts';
import type { TaskStream } from './task-stream.ts';

const LOOK_EVERY_MS = 250;
const STAND_BY_MS = 2_000;
/** A machine on which ten others work is slow, and nothing is wrong: given up is what stands still. */
export const STILL_MS = 600_000;

export interface WorkOptions {
  readonly states: EndpointStates;
  readonly stream: TaskStream;
  readonly progress: Progress;
  readonly signal: AbortSignal;
  /** How long no login may get there before the wait is given up. */
  readonly stillMs: number;
}

/** Keeps the stream of tasks going until `reached` says so; then nothing new is asked for, and what was asked for may still run. */
export async function workUntil(options: WorkOptions, what: string, reached: (state: EndpointState) => boolean): Promise<EndpointState[]> {
  const { states, stream, progress, signal, stillMs } = options;
  let [most, at] = [-1, Date.now()];
  for (;;) {
    const now = await states.read();
    const done = now.filter(reached).length;
    progress.count(what, done, now.length);
    // A login that waits for a person will not be reached by waiting longer.
    if (now.every((state) => reached(state) || state.blocked)) return now;
    if (done > most) [most, at] = [done, Date.now()];
    else if (Date.now() > at + stillMs)
      throw new RcmError(
        'deadline_exceeded',
        `${what}: ${done} of ${now.length}, and none more for ${Math.round(stillMs / 1000)} s; missing: ${named(now.filter((state) => !reached(state)))}.`,
      );
    await stream.refill(now);
    await systemClock.sleep(LOOK_EVERY_MS, signal);
  }
}

/** Goes on asking, with nothing to reach, until the signal aborts. */
export async function workOn({
  states,
  stream,
  signal,
}: Pick<WorkOptions, 'stream' | 'signal'> & { readonly states: Pick<EndpointStates, 'read'> }): Promise<never> {
  for (;;) {
    await stream.refill(await states.read());
    await systemClock.sleep(STAND_BY_MS, signal);
  }
}

/** Waits until every task that was asked for is finished, or `withinMs` is over. */
export async function workOff({ states, signal }: Pick<WorkOptions, 'states' | 'signal'>, withinMs: number): Promise<void> {
  const until = Date.now() + withinMs;
  while (Date.now() < until) {
    if (!(await states.read()).some((state) => state.busy)) return;
    await systemClock.sleep(LOOK_EVERY_MS, signal);
  }
}

const NAMED = 5;
const named = (states: readonly EndpointState[]): string =>
  `${states
    .slice(0, NAMED)
    .map((state) => state.id)
    .join(', ')}${states.length > NAMED ? ` and ${states.length - NAMED} more` : ''}`;
