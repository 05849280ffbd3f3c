import { type JobData, type Jobs, listOpenAttempts, listStartable, type RotationAttempt } from '@rcm/db';
import { isRcmError, type Metrics } from '@rcm/telemetry';
import type { RotationRequest, Rotator } from '../rotate.ts';
import { InFlight } from './in-flight.ts';
import { InTurn } from './in-turn.ts';
import { rotateAndReport, type RotationResult } from './rotation-outcome.ts';

/** Work that is done again and again beside the rotations. */
export interface Chore {
  /** Shown in the log and on the health port when it fails. */
  readonly name: string;
  /** Pause between two rounds, in ms. */
  readonly everyMs: number;
  round(signal: AbortSignal): Promise<unknown>;
}

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
  /** Before each scan for what is due: may stop portal types that have begun to fail. */
  readonly beforeScan: () => Promise<unknown>;
  readonly chores: readonly Chore[];
}

export interface RotatorService {
  /** Stops taking work, lets what is in hand end within `drainMs`, then interrupts it: the journal says how to go on. */
  stop(drainMs: number): Promise<void>;
  /** A sentence when the service cannot work now, else `null`. */
  problem(): string | null;
}

/** What somebody is told of. */
const FAILED: ReadonlySet<RotationResult> = new Set(['failed', 'abandoned', 'blocked']);

/** Due scan → queue → rotation, and recovery beside it. Jobs are hints: a lost one is found by the next scan, a double one finds nothing to do. */
export async function startService(options: ServiceOptions): Promise<RotatorService> {
  const { rotator, jobs, metrics } = options;
  const inFlight = new InFlight(options.concurrency);
  const work = new AbortController();
  const intake = new AbortController();
  const ended = metrics.counter('rcm_rotations_total');
  const failed = metrics.counter('rcm_rotation_failures_total');
  const took = metrics.histogram('rcm_rotation_seconds');
  const inHand = metrics.gauge('rcm_rotations_in_flight');

  const rotate = async (request: Omit<RotationRequest, 'signal'>) => {
    await inFlight.run(request.endpointId, async () => {
      inHand.inc();
      const startedAt = performance.now();
      const outcome = await rotateAndReport(rotator, { ...request, signal: work.signal });
      inHand.dec();
      ended.inc({ result: outcome.result });
      took.observe({ result: outcome.result }, (performance.now() - startedAt) / 1000);
      if (FAILED.has(outcome.result)) failed.inc();
    });
  };
  const problems = new Map<string, string>();
  const loop = async ({ name, everyMs, round }: Chore) => {
    while (!intake.signal.aborted) {
      try {
        await round(work.signal);
        problems.delete(name);
      } catch (error) {
        problems.set(name, `${name} fails: ${isRcmError(error) ? error.code : 'unexpected error'}`);
        rotator.logger.error({ err: error, scan: name }, 'scan failed; it is tried again');
      }
      await rotator.clock.sleep(everyMs, intake.signal).catch(() => undefined);
    }
  };
  const dueScan = async () => {
    await options.beforeScan();
    for (const { orgId, endpointId } of await listStartable(rotator.db, { rules: rotator.rules, limit: options.concurrency * 8 })) {
      await jobs.send('rotation', { orgId, endpointId });
    }
  };
  const recoveries = new InTurn<RotationAttempt>(options.concurrency * 2);
  const recoveryScan = async () => {
    const list = (part: { readonly after: string | null; readonly limit: number }) => listOpenAttempts(rotator.db, { ownerGone: true, ...part });
    await recoveries.look(list, ({ orgId, endpointId }) => {
      if (inFlight.full) return false;
      if (!inFlight.has(endpointId)) void rotate({ orgId, endpointId, reason: 'recovery' });
      return true;
    });
  };
  // A job is a hint that a login may be due, and says no more than that.
  const hinted = ({ orgId, endpointId }: JobData['rotation']) => rotate({ orgId, endpointId, reason: 'due' });
  const stopWorker = await jobs.work('rotation', { concurrency: options.concurrency, pollMs: options.pollMs }, hinted);
  const loops = [
    loop({ name: 'due scan', everyMs: options.scanMs, round: dueScan }),
    loop({ name: 'recovery scan', everyMs: options.recoveryMs, round: recoveryScan }),
    ...options.chores.map(loop),
  ];

  return {
    problem: () => [...problems.values()][0] ?? null,
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
