import type { Database } from '@rcm/db';
import { claimNextPortalTask, finishPortalTask } from '@rcm/db/tasks';
import type { Turn } from './waits.ts';

export interface Taken {
  readonly taskId: string;
  readonly orgId: string;
}

/** One way to take the next task and to end it. */
export interface Queue {
  take(worker: string): Promise<Taken | null>;
  end(task: Taken, worker: string): Promise<unknown>;
}

/** The statements that a web-agent sends, without what it does to open and seal. */
const endBySql = (db: Database) => (task: Taken, worker: string) =>
  db.rawTransaction(
    { tenant: task.orgId },
    (tx) => tx.$executeRaw`
      UPDATE portal_task SET state = 'failed', error_code = 'bench', claimed_until = NULL, finished_at = clock_timestamp()
       WHERE id = ${task.taskId}::uuid AND state = 'running' AND worker = ${worker}`,
  );

export const turnsByTenant = (db: Database): Queue => ({
  async take(worker) {
    for (;;) {
      const [next] = await db.rawTransaction(
        'no tenant',
        (tx) => tx.$queryRaw<{ taskId: string | null; orgId: string; again: boolean }[]>`
          SELECT task_id::text AS "taskId", org_id AS "orgId", again FROM rcm_next_task(${worker}, interval '1 minute')`,
      );
      if (next && next.taskId !== null) return { taskId: next.taskId, orgId: next.orgId };
      if (!next?.again) return null;
    }
  },
  end: endBySql(db),
});

export const oneLockForAll = (db: Database): Queue => ({
  async take(worker) {
    const [next] = await db.transaction(
      'no tenant',
      (tx) => tx.$queryRaw<Taken[]>`SELECT task_id::text AS "taskId", org_id AS "orgId" FROM rcm_take_task(${worker}, interval '1 minute', NULL, NULL)`,
    );
    return next ?? null;
  },
  end: endBySql(db),
});

/** All that a web-agent does with Postgres for a task: the row is read and opened, the result sealed. */
export const operations = (db: Database): Queue => ({
  async take(worker) {
    const task = await claimNextPortalTask(db, { worker, ttlMs: 60_000 });
    return task && { taskId: task.id, orgId: task.orgId };
  },
  end: (task, worker) => finishPortalTask(db, { ...task, worker, result: { found: false, rows: [] } }),
});

export interface Measured {
  readonly perSecond: number;
  readonly turns: readonly Turn[];
}

/** Lets so many takers take and end tasks for a while, one after the other each. */
export async function measureTakers(
  queue: Queue,
  { takers, seconds, most, signal }: { readonly takers: number; readonly seconds: number; readonly most: number; readonly signal: AbortSignal },
): Promise<Measured> {
  const turns: Turn[] = [];
  const [startedAt, until] = [performance.now(), performance.now() + seconds * 1_000];
  await Promise.all(
    Array.from({ length: takers }, async (_, place) => {
      const worker = `taker-${place}`;
      while (performance.now() < until && turns.length < most && !signal.aborted) {
        const askedAt = performance.now();
        const task = await queue.take(worker);
        if (!task) throw new Error('Nothing was to be had, though much waits.');
        turns.push({ tenant: task.orgId, askedAt, givenAt: performance.now() });
        await queue.end(task, worker);
      }
    }),
  );
  return { perSecond: turns.length / ((performance.now() - startedAt) / 1_000), turns };
}
