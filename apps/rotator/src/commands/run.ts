import { once } from 'node:events';
import { checkConfiguration, databaseProblem } from '@rcm/db';
import { embedMetrics, startHealthServer } from '@rcm/telemetry';
import type { RotatorConfig } from '../config.ts';
import { rotatorChores } from '../schedule/chores.ts';
import { stopFailingPortalTypes } from '../schedule/failing-portal-types.ts';
import { startService } from '../schedule/service.ts';
import { tracedRotation } from '../schedule/traced-rotation.ts';
import type { RotatorProcess } from '../services.ts';

/** Runs until SIGTERM or SIGINT; then work in hand ends within the drain time, or goes on later from the journal. */
export async function runCommand(config: RotatorConfig, opened: RotatorProcess): Promise<number> {
  const { rotator, db, metrics } = opened;
  const stopping = Promise.race([once(process, 'SIGTERM'), once(process, 'SIGINT')]);
  try {
    await checkConfiguration(db, rotator.logger);
    const service = startService({
      rotator,
      metrics,
      concurrency: config.RCM_ROTATOR_CONCURRENCY,
      scanMs: config.RCM_ROTATOR_SCAN_MS,
      recoveryMs: config.RCM_ROTATOR_RECOVERY_MS,
      beforeScan: () => stopFailingPortalTypes(rotator),
      chores: rotatorChores(opened, config),
      rotate: tracedRotation(opened.tracing),
    });
    const health = await startHealthServer({
      port: config.RCM_HEALTH_PORT,
      host: config.RCM_HEALTH_HOST,
      metrics,
      warnings: opened.warnings,
      checks: {
        service: service.problem,
        database: () => databaseProblem(db),
        browser: () => opened.browserProblem(),
      },
    });
    const embedding = embedMetrics({ metrics, service: 'rotator', everyMs: config.RCM_EMBEDDED_METRICS_MS });
    rotator.logger.info({ healthPort: health.port, owner: rotator.owner }, 'ready');
    await stopping;
    rotator.logger.info('stopping: no new rotation begins, those in hand end first');
    await service.stop(config.RCM_ROTATOR_DRAIN_MS);
    await embedding.close();
    await health.close();
    rotator.logger.info('stopped');
    return 0;
  } finally {
    await opened.close();
  }
}
