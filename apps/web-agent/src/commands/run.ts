import { once } from 'node:events';
import { listenForCredentialChanges, openJobs, sendStrayTasks } from '@rcm/db';
import { parseReference } from '@rcm/credentials';
import { startHealthServer } from '@rcm/telemetry';
import type { WebAgentConfig } from '../config.ts';
import { openWebAgent, workerOptions, type WebAgentProcess } from '../services.ts';
import { TaskWorker } from '../tasks/worker.ts';

const QUEUE_POLL_MS = 500;
const QUEUE_STOP_MS = 5_000;

/** Works the task queue until SIGTERM or SIGINT; then work in hand is finished, or handed back after the drain time. */
export async function runCommand(config: WebAgentConfig): Promise<number> {
  const opened = openWebAgent(config);
  const { access, db, logger, metrics } = opened;
  const stopping = Promise.race([once(process, 'SIGTERM'), once(process, 'SIGINT')]);
  const work = new AbortController();
  const intake = new AbortController();
  try {
    const changes = await listenForCredentialChanges(db, { ...followChanges(opened), signal: intake.signal });
    const jobs = await openJobs({ url: config.RCM_DATABASE_URL, applicationName: 'rcm-web-agent-jobs' });
    const worker = new TaskWorker({ db, jobs, access, logger, metrics, ...workerOptions(config) });
    const stopWorking = await jobs.work('portal-task', { concurrency: config.RCM_AGENT_CONCURRENCY, pollMs: QUEUE_POLL_MS }, async (job) => {
      await worker.handle(job, work.signal);
    });
    const strays = resendStrays();
    const health = await startHealthServer({
      port: config.RCM_HEALTH_PORT,
      host: config.RCM_HEALTH_HOST,
      metrics,
      checks: { database: () => db.ping().then(() => null, () => 'Postgres does not answer.') },
    });
    logger.info({ healthPort: health.port, worker: config.worker }, 'ready');
    await stopping;
    logger.info('stopping: no new task begins, those in hand are finished or handed back');
    intake.abort();
    const interrupt = setTimeout(() => work.abort(), config.RCM_AGENT_DRAIN_MS);
    await stopWorking();
    clearTimeout(interrupt);
    await Promise.all([strays, changes.close(), jobs.stop({ timeoutMs: QUEUE_STOP_MS }), health.close()]);
    logger.info('stopped');
    return 0;

    /** A job is a hint that can be lost; the row is the truth. */
    async function resendStrays(): Promise<void> {
      while (!intake.signal.aborted) {
        await sendStrayTasks(db, jobs).catch((error: unknown) => logger.warn({ err: error }, 'stray tasks could not be sent again'));
        await access.clock.sleep(config.RCM_AGENT_STRAY_SCAN_MS, intake.signal).catch(() => undefined);
      }
    }
  } finally {
    await opened.close();
  }
}

/** A changed credential: forget the cached value and the browser context that the old password opened. */
function followChanges(opened: WebAgentProcess) {
  const { access, logger } = opened;
  return {
    onChange: (change: { readonly endpointId: string; readonly secretArn: string }) => {
      access.credentials.invalidate({ reference: parseReference(change.secretArn) });
      access.keeper.drop(change.endpointId).catch((error: unknown) => logger.warn({ err: error, endpointId: change.endpointId }, 'a kept session did not close'));
    },
    // Nothing is lost in a gap: the version that comes with the lease keeps a stale value, or a stale session, from being used.
    onGap: () => logger.info('credential changes were not heard for a while; versions by lease cover the gap'),
  };
}
