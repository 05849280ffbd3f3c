import { openJobs, sendStrayTasks, tidyPortalTasks } from '@rcm/db';
import { followCredentialChanges } from '@rcm/portal-access';
import { startHealthServer } from '@rcm/telemetry';
import type { WebAgentConfig } from '../config.ts';
import { apiOptions } from '../http/environment.ts';
import { startApi } from '../http/server.ts';
import { openWebAgent, workerOptions } from '../services.ts';
import { listenForStop } from './stop-signals.ts';
import { TaskWorker } from '../tasks/worker.ts';
import { workInTurn } from '../tasks/turns.ts';

const QUEUE_POLL_MS = 500;
const QUEUE_STOP_MS = 5_000;
const DAY_MS = 86_400_000;

/**
 * Works the task queue until SIGTERM or SIGINT; then work in hand is finished, or handed back after the drain time, or at once at a
 * second signal. Serves the HTTP API where it is configured.
 */
export async function runCommand(config: WebAgentConfig): Promise<number> {
  const opened = openWebAgent(config);
  const { access, db, logger, metrics } = opened;
  const stop = listenForStop();
  const work = new AbortController();
  stop.hurry.addEventListener('abort', () => work.abort(), { once: true });
  try {
    const changes = await followCredentialChanges({ db, logger, metrics, credentials: access.credentials, onChanged: dropKeptSession, signal: stop.drain });
    const jobs = await openJobs({ url: config.RCM_DATABASE_URL, applicationName: 'rcm-web-agent-jobs' });
    const worker = new TaskWorker({ db, jobs, access, logger, metrics, ...workerOptions(config) });
    const stopWorking = await jobs.work('portal-task', { concurrency: config.RCM_AGENT_CONCURRENCY, pollMs: QUEUE_POLL_MS }, (job) =>
      workInTurn({ next: () => worker.next(work.signal), another: () => jobs.send('portal-task', job), stopping: stop.drain }),
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
    await aborted(stop.drain);
    logger.info('stopping: no new task begins, those in hand are finished or handed back');
    const interrupt = setTimeout(() => work.abort(), config.RCM_AGENT_DRAIN_MS);
    await Promise.all([stopWorking(), api?.close()]);
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
      while (!stop.drain.aborted) {
        await sendStrayTasks(db, jobs).catch((error: unknown) => logger.warn({ err: error }, 'stray tasks could not be sent again'));
        await tidyPortalTasks(db, { keptMs: config.RCM_TASK_KEEP_DAYS * DAY_MS }).catch((error: unknown) => logger.warn({ err: error }, 'old tasks could not be deleted'));
        await access.clock.sleep(config.RCM_AGENT_STRAY_SCAN_MS, stop.drain).catch(() => undefined);
      }
    }
  } finally {
    await opened.close();
    stop.release();
  }
}

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => (signal.aborted ? resolve() : signal.addEventListener('abort', () => resolve(), { once: true })));
