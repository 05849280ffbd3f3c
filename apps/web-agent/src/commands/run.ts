import { type Database, type Jobs, openJobs, sendStrayTasks, tidyPortalTasks } from '@rcm/db';
import { followCredentialChanges } from '@rcm/portal-access';
import { type Clock, type Logger, startHealthServer } from '@rcm/telemetry';
import type { WebAgentConfig } from '../config.ts';
import { apiOptions } from '../http/environment.ts';
import { startApi } from '../http/server.ts';
import { openWebAgent, workerOptions } from '../services.ts';
import { workInTurn } from '../tasks/turns.ts';
import { TaskWorker } from '../tasks/worker.ts';
import { listenForStop } from './stop-signals.ts';

const QUEUE_POLL_MS = 500;
const QUEUE_STOP_MS = 5_000;
const DAY_MS = 86_400_000;

/**
 * Works the task queue until SIGTERM or SIGINT; then work in hand is finished, or handed back after the drain time, or at once at a
 * second signal. Serves the HTTP API where it is configured. What was opened is closed in reverse, also when a later part cannot start.
 */
export async function runCommand(config: WebAgentConfig): Promise<number> {
  await using opened = new AsyncDisposableStack();
  const stop = listenForStop();
  const work = new AbortController();
  stop.hurry.addEventListener('abort', () => work.abort(), { once: true });

  const agent = opened.adopt(openWebAgent(config), (process) => process.close());
  const { access, db, logger, metrics, warnings } = agent;
  const dropKeptSession = (endpointId: string): void => {
    access.keeper.drop(endpointId).catch((error: unknown) => logger.warn({ err: error, endpointId }, 'a kept session did not close'));
  };
  const changes = await followCredentialChanges({ db, logger, metrics, credentials: access.credentials, onChanged: dropKeptSession, signal: stop.drain });
  opened.defer(() => changes.close());
  const onError = (error: Error): void => logger.warn({ err: error }, 'work of the queue failed; it is tried again');
  const jobs = opened.adopt(await openJobs({ url: config.RCM_DATABASE_URL, applicationName: 'rcm-web-agent-jobs', onError }), (queues) =>
    queues.stop({ timeoutMs: QUEUE_STOP_MS }),
  );
  const checks = {
    database: () =>
      db.ping().then(
        () => null,
        () => 'Postgres does not answer.',
      ),
  };
  const health = opened.adopt(await startHealthServer({ port: config.RCM_HEALTH_PORT, host: config.RCM_HEALTH_HOST, metrics, warnings, checks }), (server) =>
    server.close(),
  );
  const served = apiOptions(config);
  const api = served && (await startApi({ db, jobs, logger, metrics, ...served }));
  opened.defer(() => api?.close());

  const worker = new TaskWorker({ db, jobs, access, logger, metrics, ...workerOptions(config) });
  const stopWorking = await jobs.work('portal-task', { concurrency: config.RCM_AGENT_CONCURRENCY, pollMs: QUEUE_POLL_MS }, (job) =>
    workInTurn({ next: () => worker.next(work.signal), another: () => jobs.send('portal-task', job), stopping: stop.drain }),
  );
  const chores = doChores({
    db,
    jobs,
    logger,
    clock: access.clock,
    everyMs: config.RCM_AGENT_STRAY_SCAN_MS,
    keptMs: config.RCM_TASK_KEEP_DAYS * DAY_MS,
    signal: stop.drain,
  });
  logger.info({ healthPort: health.port, apiPort: api?.port ?? null, worker: config.worker }, 'ready');

  await aborted(stop.drain);
  logger.info('stopping: no new task begins, those in hand are finished or handed back');
  const interrupt = setTimeout(() => work.abort(), config.RCM_AGENT_DRAIN_MS);
  await Promise.all([stopWorking(), api?.close(), chores]);
  clearTimeout(interrupt);
  await opened.disposeAsync();
  logger.info('stopped');
  return 0;
}

interface Chores {
  readonly db: Database;
  readonly jobs: Jobs;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly everyMs: number;
  readonly keptMs: number;
  readonly signal: AbortSignal;
}

/** A job is a hint that can be lost: the row is the truth. And what has ended is kept for its time only. */
async function doChores({ db, jobs, logger, clock, everyMs, keptMs, signal }: Chores): Promise<void> {
  while (!signal.aborted) {
    await sendStrayTasks(db, jobs).catch((error: unknown) => logger.warn({ err: error }, 'stray tasks could not be sent again'));
    await tidyPortalTasks(db, { keptMs }).catch((error: unknown) => logger.warn({ err: error }, 'old tasks could not be deleted'));
    await clock.sleep(everyMs, signal).catch(() => undefined);
  }
}

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => (signal.aborted ? resolve() : signal.addEventListener('abort', () => resolve(), { once: true })));
