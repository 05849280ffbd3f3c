import type { Database } from '@rcm/db';
import { taskQueueFigures } from '@rcm/db/tasks';
import type { Clock, Logger, Metrics } from '@rcm/telemetry';

export interface QueueMeasuring {
  readonly db: Database;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** Several times a minute, so that the highest of a minute is there also where one look fails. */
const EVERY_MS = 15_000;

/** How much work waits, and for how long: what the number of web-agents follows. Never rejects; what cannot be asked stays as it was. */
export async function measureQueue({ db, logger, metrics, clock, signal }: QueueMeasuring): Promise<void> {
  const [waiting, age] = [metrics.gauge('rcm_task_queue_waiting'), metrics.gauge('rcm_task_queue_age_seconds')];
  while (!signal.aborted) {
    const figures = await taskQueueFigures(db).catch(
      (error: unknown) => void logger.warn({ err: error }, 'the queue could not be measured; it is tried again'),
    );
    if (figures) {
      waiting.set(figures.waiting);
      age.set(figures.ageSeconds);
    }
    await clock.sleep(EVERY_MS, signal).catch(() => undefined);
  }
}
