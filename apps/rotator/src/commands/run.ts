import { once } from 'node:events';
import { checkConfiguration, databaseProblem, openJobs } from '@rcm/db';
import { embedMetrics, startHealthServer } from '@rcm/telemetry';
import type { RotatorConfig } from '../config.ts';
import { rotatorChores, stopFailingPortalTypes } from '../schedule/chores.ts';
import { refusedJobs } from '../schedule/refused-jobs.ts';
import { startService } from '../schedule/service.ts';
import type { RotatorProcess } from '../services.ts';

/** The queue is only a hint, so asking it twice a second is soon enough. */
const QUEUE_POLL_MS = 500;
/** The handlers have ended by then, so the queue has little left to do. */
const QUEUE_STOP_MS = 5_000;

/** Runs until SIGTERM or SIGINT; then work in hand ends within the drain time, or goes on later from the journal. */
export async function runCommand(config: RotatorConfig, opened: RotatorProcess): Promise<number> {
  const { rotator, db, metrics } = opened;
  const stopping = Promise.race([once(process, 'SIGTERM'), once(process, 'SIGINT')]);
  try {
    await checkConfiguration(db, rotator.logger);
    const jobs = await openJobs({
      url: config.RCM_DATABASE_URL,
      applicationName: 'rcm-rotator-jobs',
      onError: (error) => rotator.logger.warn({ err: error }, 'work of the queue failed; it is tried again'),
      onRefused: refusedJobs({ metrics, logger: rotator.logger, clock: rotator.clock }),
    });
    const service = await startService({
      rotator,
      jobs,
      metrics,
      concurrency: config.RCM_ROTATOR_CONCURRENCY,
      scanMs: config.RCM_ROTATOR_SCAN_MS,
      recoveryMs: config.RCM_ROTATOR_RECOVERY_MS,
      pollMs: QUEUE_POLL_MS,
      beforeScan: () => stopFailingPortalTypes(rotator),
      chores: rotatorChores(opened, config),
    });
    const health = await startHealthServer({
      port: config.RCM_HEALTH_PORT,
      host: config.RCM_HEALTH_HOST,
      metrics,
      warnings: opened.warnings,
      checks: {
        service: service.problem,
        database: () => databaseProblem(db),
      },
    });
    const embedding = embedMetrics({ metrics, service: 'rotator', everyMs: config.RCM_EMBEDDED_METRICS_MS });
    rotator.logger.info({ healthPort: health.port, owner: rotator.owner }, 'ready');
    await stopping;
    rotator.logger.info('stopping: no new rotation begins, those in hand end first');
    await service.stop(config.RCM_ROTATOR_DRAIN_MS);
    await jobs.stop({ timeoutMs: QUEUE_STOP_MS });
    await embedding.close();
    await health.close();
    rotator.logger.info('stopped');
    return 0;
  } finally {
    await opened.close();
  }
}
