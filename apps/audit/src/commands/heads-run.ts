import { readingProblem } from '@rcm/db';
import { type Clock, embedMetrics, hasCode, startHealthServer } from '@rcm/telemetry';
import type { AuditConfig } from '../config.ts';
import type { HeadWriter } from '../heads/head-writer.ts';
import type { Services } from '../services.ts';
import { isComplete } from './heads-write.ts';

export interface HeadsRunOptions {
  readonly config: AuditConfig;
  readonly services: Services;
  readonly writer: HeadWriter;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** A round after each pause until `signal`. `/readyz` says 503 from a round that was not complete until one that is. */
export async function headsRun({ config, services, writer, clock, signal }: HeadsRunOptions): Promise<void> {
  const { db, logger, metrics, warnings } = services;
  let problem: string | null = 'No round has ended yet.';
  const health = await startHealthServer({
    port: config.RCM_HEALTH_PORT,
    host: config.RCM_HEALTH_HOST,
    metrics,
    warnings,
    checks: {
      heads: () => problem,
      database: () => readingProblem(db),
    },
  });
  const embedding = embedMetrics({ metrics, service: 'audit-heads', everyMs: config.RCM_EMBEDDED_METRICS_MS });
  logger.info({ healthPort: health.port }, 'ready');
  try {
    while (!signal.aborted) {
      problem = await oneRound(writer, signal);
      await clock.sleep(config.RCM_AUDIT_INTERVAL_MS, signal).catch((error: unknown) => {
        if (!hasCode(error, 'cancelled')) throw error;
      });
    }
  } finally {
    await embedding.close();
    await health.close();
    logger.info('stopped');
  }
}

async function oneRound(writer: HeadWriter, signal: AbortSignal): Promise<string | null> {
  try {
    const round = await writer.round(signal);
    if (isComplete(round)) return null;
    return round.contradictions.length > 0
      ? 'An audit chain is not any more what was signed; the log says which.'
      : 'Audit heads were not written to every sink; the log says why.';
  } catch (error) {
    if (signal.aborted) return null;
    // A wrong login or key is not a sink that is down.
    if (hasCode(error, 'config_invalid')) throw error;
    writer.failed(error);
    return 'Audit heads were not written; the log says why.';
  }
}
