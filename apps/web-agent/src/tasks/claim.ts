import type { Database } from '@rcm/db';
import { renewTaskClaim } from '@rcm/db/tasks';
import type { Logger } from '@rcm/telemetry';

export interface ClaimRequest {
  readonly db: Database;
  readonly logger: Logger;
  readonly taskId: string;
  readonly orgId: string;
  readonly worker: string;
  /** How long a claim outlives its worker's death, in ms; it is renewed every third of this. */
  readonly ttlMs: number;
  readonly signal: AbortSignal;
}

/**
 * Runs `work` while the claim on its task is kept alive. The signal that `work` gets aborts with the caller's, or when the claim is no
 * longer this worker's: from then on another one may be doing the task.
 */
export async function whileClaimed<T>(request: ClaimRequest, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const { db, logger, taskId, orgId, worker, ttlMs } = request;
  const lost = new AbortController();
  const renew = async () => {
    if (!(await renewTaskClaim(db, { taskId, orgId, worker, ttlMs }))) lost.abort();
  };
  // A renewal that fails is tried again by the next tick; if all of them fail, the result cannot be stored either.
  const timer = setInterval(() => void renew().catch((error: unknown) => logger.warn({ err: error, taskId }, 'claim renewal failed')), ttlMs / 3);
  try {
    return await work(AbortSignal.any([request.signal, lost.signal]));
  } finally {
    clearInterval(timer);
  }
}
