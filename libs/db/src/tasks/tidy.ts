import type { Database } from '../database.ts';
import { checkLimit, checkMs } from '../input.ts';

export interface TidyOptions {
  /** How long an ended task and its result are kept, in ms, where its organization does not say so itself. They may hold health data. */
  readonly keptMs: number;
  /** Rows that one round changes at most. Default 500. */
  readonly most?: number;
}

export interface Tidied {
  readonly expired: number;
  readonly deleted: number;
  readonly keysForgotten: number;
}

/**
 * Ends tasks that waited past their deadline (`deadline_exceeded`) and deletes those that ended longer ago than they are kept, with input
 * and result, and the data keys that no task names any more: with its key, whatever was sealed under it is forgotten wherever its bytes lie.
 * Returns how many; as many as `most` means there may be more. Any number of processes may call it.
 */
export async function tidyPortalTasks(db: Database, { keptMs, most = 500 }: TidyOptions): Promise<Tidied> {
  const [kept, limit] = [checkMs('keptMs', keptMs), checkLimit(most)];
  const [tidied] = await db.transaction(
    'no tenant',
    (tx) =>
      tx.$queryRaw<
        { expired: number; deleted: number }[]
      >`SELECT expired, deleted FROM rcm_tidy_tasks(make_interval(secs => ${kept}::float8 / 1000), ${limit}::int)`,
  );
  // In a transaction of its own: what the first has deleted is then gone for good.
  const [keys] = await db.transaction('no tenant', (tx) => tx.$queryRaw<{ forgotten: number }[]>`SELECT rcm_forget_data_keys(${limit}::int) AS forgotten`);
  return { ...(tidied ?? { expired: 0, deleted: 0 }), keysForgotten: keys?.forgotten ?? 0 };
}
