import { checkConfiguration, type Database, databaseProblem } from '@rcm/db';
import { portalTaskWaits, sealPlainTasks, tidyPortalTasks } from '@rcm/db/tasks';
import { followCredentialChanges } from '@rcm/portal-access';
import { type Clock, embedMetrics, type Logger, startHealthServer } from '@rcm/telemetry';
import type { WebAgentConfig } from '../config.ts';
import { deliverCallbacks } from '../callbacks/deliver.ts';
import { Receivers } from '../callbacks/receiver.ts';
import { apiOptions } from '../http/environment.ts';
import { gatewaysOf } from '../http/inbound/environment.ts';
import { startApi } from '../http/server.ts';
import { mailboxesOf } from '../mailboxes/passwords.ts';
import { readAllMailboxes } from '../mailboxes/read-all.ts';
import { openWebAgent, workerOptions } from '../services.ts';
import { workInTurn } from '../tasks/turns.ts';
import { measureQueue } from '../tasks/measure-queue.ts';
import { mayTakeTasks } from '../tasks/with-browser.ts';
import { TaskWorker } from '../tasks/worker.ts';
import { openTracing } from '@rcm/portal-access/tracing';
import { listenForStop } from './stop-signals.ts';

/** How often a process with a free hand looks for a task, and while none of those that wait is to be had. */
const POLL_MS = { least: 500, most: 2_000 } as const;
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

  const tracing = opened.adopt(await openTracing(config.RCM_TRACES_URL, 'rcm-web-agent'), (spans) => spans.close());
  const agent = opened.adopt(openWebAgent(config, { tracing }), (process) => process.close());
  const { access, db, logger, metrics, warnings, browser } = agent;
  await checkConfiguration(db, logger);
  const dropKeptSession = (endpointId: string): void => {
    access.sessions.drop(endpointId).catch((error: unknown) => logger.warn({ err: error, endpointId }, 'a kept session did not close'));
  };
  const changes = await followCredentialChanges({ db, logger, metrics, credentials: access.credentials, onChanged: dropKeptSession, signal: stop.drain });
  opened.defer(() => changes.close());
  const checks = {
    database: () => databaseProblem(db),
    browser: () => browser.browserProblem(),
  };
  const health = opened.adopt(await startHealthServer({ port: config.RCM_HEALTH_PORT, host: config.RCM_HEALTH_HOST, metrics, warnings, checks }), (server) =>
    server.close(),
  );
  const embedding = embedMetrics({ metrics, service: 'web-agent', everyMs: config.RCM_EMBEDDED_METRICS_MS });
  opened.defer(() => embedding.close());
  const receivers = config.RCM_TASK_CALLBACKS ?? new Receivers();
  const served = apiOptions(config);
  const api = served && (await startApi({ db, logger, metrics, receivers, tracing, ...served, inbound: { gateways: gatewaysOf(config), keys: access.keys } }));
  opened.defer(() => api?.close());

  const worker = new TaskWorker({ db, access, logger, metrics, tracing, ...workerOptions(config) });
  const mayTake = mayTakeTasks({
    problem: () => browser.browserProblem(),
    start: () => browser.tryBrowser(stop.drain),
    onFailure: (error) => logger.warn({ err: error }, 'no browser can be started: until one has, this process takes no task'),
    clock: access.clock,
  });
  const working = workInTurn({
    hands: config.RCM_AGENT_CONCURRENCY,
    waits: async () => (await mayTake()) && portalTaskWaits(db),
    next: async () => ((await mayTake()) ? worker.next(work.signal) : null),
    onError: (error) => logger.warn({ err: error }, 'a task could not be looked for or ended; it is looked for again'),
    clock: access.clock,
    pollMs: POLL_MS.least,
    idleMs: POLL_MS.most,
    stopping: stop.drain,
  });
  const untilStop = { db, logger, metrics, clock: access.clock, signal: stop.drain };
  const chores = doChores({ ...untilStop, everyMs: config.RCM_AGENT_TIDY_MS, keptMs: config.RCM_TASK_KEEP_DAYS * DAY_MS });
  const telling = deliverCallbacks({ ...untilStop, receivers });
  const reading = readAllMailboxes({ ...untilStop, keys: access.keys, mailboxes: mailboxesOf(config) });
  const measuring = measureQueue(untilStop);
  logger.info({ healthPort: health.port, apiPort: api?.port ?? null, worker: config.worker }, 'ready');

  await aborted(stop.drain);
  logger.info('stopping: no new task begins, those in hand are finished or handed back');
  const interrupt = setTimeout(() => work.abort(), config.RCM_AGENT_DRAIN_MS);
  await Promise.all([working, api?.close(), chores, telling, reading, measuring]);
  clearTimeout(interrupt);
  await opened.disposeAsync();
  logger.info('stopped');
  return 0;
}

interface Chores {
  readonly db: Database;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly everyMs: number;
  readonly keptMs: number;
  readonly signal: AbortSignal;
}

/** What has ended is kept for its time only, and what was written plain before tasks were sealed is sealed. */
async function doChores({ db, logger, clock, everyMs, keptMs, signal }: Chores): Promise<void> {
  while (!signal.aborted) {
    await tidyPortalTasks(db, { keptMs }).catch((error: unknown) => logger.warn({ err: error }, 'old tasks could not be deleted'));
    await sealPlainTasks(db).catch((error: unknown) => logger.warn({ err: error }, 'tasks of before could not be sealed; it is tried again'));
    await clock.sleep(everyMs, signal).catch(() => undefined);
  }
}

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => (signal.aborted ? resolve() : signal.addEventListener('abort', () => resolve(), { once: true })));
