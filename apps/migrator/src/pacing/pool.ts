export interface PoolOptions {
  /** Items worked on at once, at most. */
  readonly concurrency: number;
  /** When it aborts, no further item is taken; those in hand are finished. */
  readonly stop: AbortSignal;
}

/**
 * Works through `items` with bounded concurrency and waits for all in hand. Returns whether every item was taken. `work` is
 * expected to deal with its own failures: what it throws ends the run after the others have finished.
 */
export async function workThrough<T>(items: AsyncIterable<T>, { concurrency, stop }: PoolOptions, work: (item: T) => Promise<void>): Promise<boolean> {
  const source = items[Symbol.asyncIterator]();
  const end: { exhausted: boolean; failure: { error: unknown } | null } = { exhausted: false, failure: null };
  const worker = async () => {
    while (!stop.aborted && !end.failure && !end.exhausted) {
      const next = await source.next();
      if (next.done) {
        end.exhausted = true;
        return;
      }
      await work(next.value);
    }
  };
  const guarded = () =>
    worker().catch((error: unknown) => {
      end.failure ??= { error };
    });
  await Promise.all(Array.from({ length: concurrency }, guarded));
  if (end.failure) throw end.failure.error;
  if (!end.exhausted) await source.return?.();
  return end.exhausted;
}
