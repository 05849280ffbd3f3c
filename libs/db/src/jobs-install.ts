import { PgBoss } from 'pg-boss';
import { translated } from './failure.ts';
import type { QueueName } from './jobs.ts';
import { createPool } from './pool.ts';

/** Where pg-boss keeps its tables. */
export const QUEUE_TABLES = { schema: 'pgboss' } as const;

/**
 * `short`: at most one job per key waits, any number may be active: a task can be sent again by the handler that hands it back.
 * Finished jobs go after an hour: the rows they name are the record.
 */
const QUEUE = { policy: 'short', retryLimit: 2, retryDelay: 5, expireInSeconds: 1800, retentionSeconds: 86_400, deleteAfterSeconds: 3600 } as const;
const QUEUES: Readonly<Record<QueueName, typeof QUEUE>> = { 'portal-task': QUEUE, rotation: QUEUE };

/** Any number of its own: keeps several processes from changing the same rights at the same moment. */
const RIGHTS_LOCK = 72_707_370;

/**
 * Makes the queue's tables and queues, or brings them to this version of pg-boss, and lets agents and rotators use them: all rows, because
 * each process also keeps the queues of the others in order, and a job holds ids only. Run by the tables' owner; safe to repeat, and for
 * several at once: pg-boss installs under an advisory lock. Fails with `database_unavailable`, `database_failed`.
 */
export async function installJobs({ url }: { readonly url: string }): Promise<void> {
  const pool = createPool({ url, applicationName: 'rcm queue tables', maxConnections: 2 });
  const boss = new PgBoss({
    db: { executeSql: (text, values) => pool.query(text, values) },
    ...QUEUE_TABLES,
    supervise: false,
    schedule: false,
    reindex: false,
    monitorVacuum: false,
  });
  boss.on('error', () => {});
  await translated(async () => {
    try {
      await boss.start();
      for (const [name, queue] of Object.entries(QUEUES)) await boss.createQueue(name, queue);
      await pool.query(`
        BEGIN; SELECT pg_advisory_xact_lock(${RIGHTS_LOCK});
        GRANT USAGE ON SCHEMA pgboss TO rcm_agent, rcm_rotator;
        GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA pgboss TO rcm_agent, rcm_rotator;
        COMMIT`);
    } finally {
      await boss.stop({ graceful: false }).catch(() => {});
      await pool.end();
    }
  });
}
