import type { Metrics } from '@rcm/telemetry';

/** Tasks that were put off come back within it, so that a database without room is not forgotten between two of them. */
const LATELY_MS = 300_000;

/**
 * Returns what is to be told of each refusal to write; a gauge says whether there was one lately. A database that only reads, or whose disk is full, is reached
 * and counted as ever: nothing else shows that all work has stopped. `now`: monotonic, in ms.
 */
export function watchRefusals(metrics: Metrics, now: () => number = () => performance.now()): () => void {
  let last = -Infinity;
  metrics.watched('rcm_database_refuses', (gauge) => gauge.set(now() - last < LATELY_MS ? 1 : 0));
  return () => void (last = now());
}
