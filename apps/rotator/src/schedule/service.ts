import { type Jobs, listDueEndpoints, listOpenAttempts } from '@rcm/db';
import { type Metrics, hasCode } from '@rcm/telemetry';
import type { RotationRequest, Rotator } from '../rotate.ts';
import { InFlight } from './in-flight.ts';
import { rotateAndReport } from './rotation-outcome.ts';

export interface ServiceOptions {
  readonly rotator: Rotator;
  readonly jobs: Jobs;
  readonly metrics: Metrics;
  /** Rotations at once in this process. */
  readonly concurrency: number;
  /** Pause between two scans for what is due, in ms. */
  readonly scanMs: number;
  /** Pause between two scans for attempts whose owner is gone or whose wait is over, in ms. */
  readonly recoveryMs: number;
  /** How often the queue is asked, in ms. */
  readonly pollMs: number;
}

export interface RotatorService {
  /** Stops taking work, lets what is in hand end within `drainMs`, then interrupts it: the journal says how to go on. */
  stop(drainMs: number): Promise<void>;
  /** A sentence when the service cannot work now, else `null`. */
  problem(): string | null;
}

/** Due scan → queue → rotation, and recovery beside it. Jobs are hints: a lost one is found by the next scan, a double one finds nothing to do. */
export async function startService(options: ServiceOptions): Promise<RotatorService> {
  const { rotator, jobs, metrics } = options;
  const inFlight = new InFlight(options.concurrency);
  const work = new AbortController();
  const intake = new AbortController();
  const ended = metrics.counter('rcm_rotations_total', 'Rotations by how they went on', ['result']);
  const inHand = metrics.gauge('rcm_rotations_in_flight', 'Rotations this process has in hand');

  const rotate = async (request: Omit<RotationRequest, 'signal'>) => {
    await inFlight.run(request.endpointId, async () => {
      inHand.inc();
      const outcome = await rotateAndReport(rotator, { ...request, signal: work.signal });
      inHand.dec();
      ended.inc({ result: outcome.result });
    });
  };
  let lastProblem: string | null = null;
  const loop = async (name: string, everyMs: number, scan: () => Promise<void>) => {
    while (!intake.signal.aborted) {
      try {
        await scan();
        lastProblem = null;
      } catch (error) {
        lastProblem = `${name} fails: ${hasCode(error) ? error.code : 'unexpected error'}`;
        rotator.logger.error({ err: error, scan: name }, 'scan failed; it is tried again');
      }
      await rotator.clock.sleep(everyMs, intake.signal).catch(() => undefined);
    }
  };
  const dueScan = async () => {
    for (const endpoint of await listDueEndpoints(rotator.db, { limit: options.concurrency * 8 })) {
      await jobs.send('rotation', { orgId: endpoint.orgId, endpointId: endpoint.id, reason: 'due' }, { singletonKey: endpoint.id });
    }
  };
  const recoveryScan = async () => {
    const open = await listOpenAttempts(rotator.db, { ownerGone: true, limit: options.concurrency * 2 });
    for (const attempt of open) {
      if (inFlight.full) return;
      if (inFlight.has(attempt.endpointId)) continue;
      void rotate({ orgId: attempt.orgId, endpointId: attempt.endpointId, reason: 'recovery' });
    }
  };
  const stopWorker = await jobs.work('rotation', { concurrency: options.concurrency, pollMs: options.pollMs }, (job) => rotate(job));
  const loops = [loop('due scan', options.scanMs, dueScan), loop('recovery scan', options.recoveryMs, recoveryScan)];

  return {
    problem: () => lastProblem,
    async stop(drainMs) {
      intake.abort();
      const interrupt = setTimeout(() => work.abort(), drainMs);
      await stopWorker();
      await Promise.all(loops);
      await inFlight.idle();
      clearTimeout(interrupt);
    },
  };
}
