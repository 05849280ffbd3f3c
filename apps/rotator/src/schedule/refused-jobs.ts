import type { RefusedJob } from '@rcm/db';
import type { Clock, Logger, Metrics } from '@rcm/telemetry';

/** One word in an hour: who can write jobs must not be able to fill the log. The metric counts them all. */
const TOLD_EVERY_MS = 3_600_000;

/** Counts the jobs that said what no job can say, and tells of them now and then. Nothing was done for them, and they do not come again. */
export function refusedJobs({ metrics, logger, clock }: { readonly metrics: Metrics; readonly logger: Logger; readonly clock: Clock }) {
  const refused = metrics.counter('rcm_jobs_refused_total');
  let toldAt = Number.NEGATIVE_INFINITY;
  let untold = 0;
  return ({ queue, problem }: RefusedJob): void => {
    refused.inc({ queue });
    untold += 1;
    const now = clock.now().getTime();
    if (now - toldAt < TOLD_EVERY_MS) return;
    logger.error(
      { queue, problem, jobs: untold },
      'a job said what no job can say; nothing was done for it. Somebody else than a rotator may write to the queue: see docs/database-roles.md',
    );
    [toldAt, untold] = [now, 0];
  };
}
