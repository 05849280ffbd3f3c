import type { Database } from '../database.ts';
import { checkLimit, checkMs } from '../input.ts';

export interface TidyOptions {
  /** How long an ended task and its result are kept, in ms. They may hold health data. */
  readonly keptMs: number;
  /** Rows that one round changes at most. Default 500. */
  readonly most?: number;
}

/**
 * Ends tasks that waited past their deadline (`deadline_exceeded`) and deletes those that ended longer ago than they are kept, with input
 * and result. Returns how many; as many as `most` means there may be more. Any number of processes may call it.
 */
export async function tidyPortalTasks(db: Database, { keptMs, most = 500 }: TidyOptions): Promise<{ readonly expired: number; readonly deleted: number }> {
  const [kept, limit] = [checkMs('keptMs', keptMs), checkLimit(most)];
  const [tidied] = await db.transaction(
    'no tenant',
    (tx) =>
      tx.$queryRaw<
        { expired: number; deleted: number }[]
      >`SELECT expired, deleted FROM rcm_tidy_tasks(make_interval(secs => ${kept}::float8 / 1000), ${limit}::int)`,
  );
  return tidied ?? { expired: 0, deleted: 0 };
}
