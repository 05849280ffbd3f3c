import type { EndpointRow } from '@rcm/db';
import { endedAs, type Migration, wanted } from './migration.ts';
import { createBreaker } from './pacing/breaker.ts';
import { workThrough } from './pacing/pool.ts';
import { byEndpoint, failedAs, type Failure, failureOf, type RunEnd } from './report.ts';

export interface Worked<K extends string> {
  /** How many ended how. */
  readonly count: Readonly<Record<K, number>>;
  readonly failed: readonly Failure[];
  /** Every endpoint was taken. */
  readonly finished: boolean;
  /** Why the run was ended before; `null`: it was not, or somebody asked it to stop. */
  readonly stopped: string | null;
}

export interface Work<T, K extends string> {
  readonly what: string;
  readonly total: number;
  readonly items: AsyncIterable<T>;
  readonly endpointOf: (item: T) => EndpointRow;
  readonly ends: readonly K[];
  readonly act: (item: T) => Promise<K>;
}

/** Works through endpoints, `concurrency` at once; what fails is named and stops no other, but for an outage, which ends the run. */
export async function eachEndpoint<T, K extends string>(migration: Migration, { what, total, items, endpointOf, ends, act }: Work<T, K>): Promise<Worked<K>> {
  const count = Object.fromEntries(ends.map((end) => [end, 0])) as Record<K, number>;
  const failed: Failure[] = [];
  const breaker = createBreaker();
  const progress = migration.progress(what, Math.min(total, migration.filter.limit ?? total));
  const stop = AbortSignal.any([migration.stopping, breaker.open]);
  const finished = await workThrough(wanted(migration.filter, items, endpointOf), { concurrency: migration.concurrency, stop }, async (item) => {
    const endpoint = endpointOf(item);
    try {
      const end = await act(item);
      count[end] += 1;
      // What another is at ends later.
      if (end !== 'taken') migration.onEnd(endedAs(endpoint, end));
      breaker.note(null);
    } catch (error) {
      breaker.note(error);
      const failure = failureOf(endpoint.id, error, migration.logger);
      failed.push(failure);
      migration.onEnd(failedAs(endpoint, failure));
    }
    progress.step(failed.length);
  });
  progress.end();
  return { count, failed: byEndpoint(failed), finished, stopped: breaker.because };
}

/** For the book of runs. */
export const endOf = ({ finished, stopped }: Pick<Worked<string>, 'finished' | 'stopped'>): RunEnd =>
  stopped !== null ? 'breaker' : finished ? 'done' : 'stopped';

/** What is said of a run that did not come to its end. */
export const endedEarly = ({ finished, stopped }: Pick<Worked<string>, 'finished' | 'stopped'>): string =>
  stopped !== null ? ` ${stopped}` : finished ? '' : ' Stopped before the end; run it again.';
