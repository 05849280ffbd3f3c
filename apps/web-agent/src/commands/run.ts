import { once } from 'node:events';
import { openJobs, sendStrayTasks, tidyPortalTasks } from '@rcm/db';
import { followCredentialChanges } from '@rcm/portal-access';
import { startHealthServer } from '@rcm/telemetry';
import type { WebAgentConfig } from '../config.ts';
import { apiOptions } from '../http/environment.ts';
import { startApi } from '../http/server.ts';
import { openWebAgent, workerOptions } from '../services.ts';
import { TaskWorker } from '../tasks/worker.ts';
import { workInTurn } from '../tasks/turns.ts';

const QUEUE_POLL_MS = 500;
const QUEUE_STOP_MS = 5_000;
const DAY_MS = 86_400_000;

/** Works the task queue until SIGTERM or SIGINT; then work in hand is finished, or handed back after the drain time. */
export async function runCommand(config: WebAgentConfig): Promise<number> {
  const opened = openWebAgent(config);
  const { access, db, logger, metrics } = opened;
  const stopping = Promise.race([once(process, 'SIGTERM'), once(process, 'SIGINT')]);
  const work = new AbortController();
  const intake = new AbortController();
  try {
    const changes = await followCredentialChanges({ db, logger, metrics, credentials: access.credentials, onChanged: dropKeptSession, signal: intake.signal });
    const jobs = await openJobs({ url: config.RCM_DATABASE_URL, applicationName: 'rcm-web-agent-jobs' });
    const worker = new TaskWorker({ db, jobs, access, logger, metrics, ...workerOptions(config) });
    const stopWorking = await jobs.work('portal-task', { concurrency: config.RCM_AGENT_CONCURRENCY, pollMs: QUEUE_POLL_MS }, (job) =>
      workInTurn({ next: () => worker.next(work.signal), another: () => jobs.send('portal-task', job), stopping: intake.signal }),
    );
    const chores = doChores();
    const health = await startHealthServer({
      port: config.RCM_HEALTH_PORT,
      host: config.RCM_HEALTH_HOST,
      metrics,
      checks: { database: () => db.ping().then(() => null, () => 'Postgres does not answer.') },
    });
    const served = apiOptions(config);
    const api = served && (await startApi({ db, jobs, logger, metrics, ...served }));
    logger.info({ healthPort: health.port, apiPort: api?.port ?? null, worker: config.worker }, 'ready');
    await stopping;
    logger.info('stopping: no new task begins, those in hand are finished or handed back');
    intake.abort();
    await api?.close();
    const interrupt = setTimeout(() => work.abort(), config.RCM_AGENT_DRAIN_MS);
    await stopWorking();
    clearTimeout(interrupt);
    await Promise.all([chores, changes.close(), jobs.stop({ timeoutMs: QUEUE_STOP_MS }), health.close()]);
    logger.info('stopped');
    return 0;

    /** What an older password has opened. */
    function dropKeptSession(endpointId: string): void {
      access.keeper.drop(endpointId).catch((error: unknown) => logger.warn({ err: error, endpointId }, 'a kept session did not close'));
    }

    /** A job is a hint that can be lost: the row is the truth. And what has ended is kept for its time only. */
    async function doChores(): Promise<void> {
      while (!intake.signal.aborted) {
        await sendStrayTasks(db, jobs).catch((error: unknown) => logger.warn({ err: error }, 'stray tasks could not be sent again'));
        await tidyPortalTasks(db, { keptMs: config.RCM_TASK_KEEP_DAYS * DAY_MS }).catch((error: unknown) => logger.warn({ err: error }, 'old tasks could not be deleted'));
        await access.clock.sleep(config.RCM_AGENT_STRAY_SCAN_MS, intake.signal).catch(() => undefined);
      }
    }
  } finally {
    await opened.close();
  }
}
