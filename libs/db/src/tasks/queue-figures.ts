import type { Database } from '../database.ts';

export interface TaskQueueFigures {
  /** Tasks that could be taken now, of all organizations; 10,000 at most. */
  readonly waiting: number;
  /** For how long the first of those whose account has room could have been begun, in seconds; 0: there is none. */
  readonly ageSeconds: number;
}

/** How much work waits for a web-agent; no row of it is shown. For `rcm_agent`. */
export async function taskQueueFigures(db: Database): Promise<TaskQueueFigures> {
  const [row] = await db.transaction('no tenant', (tx) => tx.$queryRaw<TaskQueueFigures[]>`SELECT waiting, age_seconds AS "ageSeconds" FROM rcm_task_queue()`);
  return row ?? { waiting: 0, ageSeconds: 0 };
}
