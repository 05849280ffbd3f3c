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
const QUEUES: Readonly<Record<QueueName, typeof QUEUE>> = { rotation: QUEUE };
/** Queues of earlier versions. */
const FORMER_QUEUES = ['portal-task'];

/** Any number of its own: keeps several processes from changing the same rights at the same moment. */
const RIGHTS_LOCK = 72_707_370;

/**
 * What a rotator needs of the queue's tables to send and take hints and to keep the queue in order, and nothing that decides how it works: not its
 * version, which would keep every rotator from starting, not the queues and their settings, and not the commands (`bam`) that pg-boss runs with
 * the rights of whoever finds them. Nobody else has any right there: an agent asks the rows of its tasks.
 */
const RIGHTS = `
  REVOKE ALL ON SCHEMA pgboss FROM PUBLIC, rcm_agent, rcm_rotator, rcm_migrator;
  REVOKE ALL ON ALL TABLES IN SCHEMA pgboss FROM PUBLIC, rcm_agent, rcm_rotator, rcm_migrator;
  REVOKE ALL ON ALL ROUTINES IN SCHEMA pgboss FROM PUBLIC, rcm_agent, rcm_rotator, rcm_migrator;
  GRANT USAGE ON SCHEMA pgboss TO rcm_rotator;
  GRANT EXECUTE ON FUNCTION pgboss.job_now() TO rcm_rotator;
  GRANT SELECT ON ALL TABLES IN SCHEMA pgboss TO rcm_rotator;
  GRANT INSERT, UPDATE, DELETE ON pgboss.job, pgboss.job_common, pgboss.job_dependency, pgboss.instance TO rcm_rotator;
  DO $$
  DECLARE
    counted text;
  BEGIN
    SELECT string_agg(quote_ident(attname), ', ') INTO counted FROM pg_attribute
     WHERE attrelid = 'pgboss.queue'::regclass AND attnum > 0 AND NOT attisdropped AND (attname LIKE '%\\_on' OR attname LIKE '%\\_count' OR attname LIKE '%\\_delta' OR attname IN ('singletons_active', 'ready_history'))
       AND attname NOT IN ('created_on', 'updated_on');
    EXECUTE format('GRANT UPDATE (%s) ON pgboss.queue TO rcm_rotator', counted);
    SELECT string_agg(quote_ident(attname), ', ') INTO counted FROM pg_attribute
     WHERE attrelid = 'pgboss.version'::regclass AND attnum > 0 AND NOT attisdropped AND attname LIKE '%\\_on';
    EXECUTE format('GRANT UPDATE (%s) ON pgboss.version TO rcm_rotator', counted);
  END $$;`;

/**
 * Makes the queue's tables and queues, or brings them to this version of pg-boss, and gives rotators the few rights that they need there, and
 * nobody else any. Run by the tables' owner; safe to repeat, and for several at once: pg-boss installs under an advisory lock.
 * Fails with `database_unavailable`, `database_failed`.
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
      for (const name of FORMER_QUEUES) if (await boss.getQueue(name)) await boss.deleteQueue(name);
      await pool.query(`BEGIN; SELECT pg_advisory_xact_lock(${RIGHTS_LOCK}); ${RIGHTS} COMMIT`);
    } finally {
      await boss.stop({ graceful: false }).catch(() => {});
      await pool.end();
    }
  });
}
