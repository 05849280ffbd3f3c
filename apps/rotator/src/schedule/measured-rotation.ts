import type { Metrics } from '@rcm/telemetry';
import { rotateAndReport, type RotationResult } from './rotation-outcome.ts';

/** What somebody is told of. */
const FAILED: ReadonlySet<RotationResult> = new Set(['failed', 'abandoned', 'blocked']);

/**
 * `rotate`, with what the metrics say of every rotation that a process has in hand: how it went on and how long that took. Whoever makes it has the counters from then on, so
 * that the first failure is seen as one more. `rotate` must not reject; default: `rotateAndReport`. Without metrics nothing is measured.
 */
export function measuredRotation(metrics: Metrics | undefined, rotate: typeof rotateAndReport = rotateAndReport): typeof rotateAndReport {
  if (metrics === undefined) return rotate;
  const ended = metrics.counter('rcm_rotations_total');
  const failed = metrics.counter('rcm_rotation_failures_total');
  const full = metrics.counter('rcm_store_full_total');
  const took = metrics.histogram('rcm_rotation_seconds');
  const inHand = metrics.gauge('rcm_rotations_in_flight');
  return async (rotator, request) => {
    inHand.inc();
    const startedAt = performance.now();
    const outcome = await rotate(rotator, request);
    inHand.dec();
    const { result, code } = outcome;
    ended.inc({ result });
    took.observe({ result }, (performance.now() - startedAt) / 1000);
    if (FAILED.has(result)) failed.inc();
    if (code === 'store_full') full.inc();
    return outcome;
  };
}
