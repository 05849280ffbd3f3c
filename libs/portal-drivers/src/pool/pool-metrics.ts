import type { Metrics } from '@rcm/telemetry';

export type PoolMetrics = ReturnType<typeof poolMetrics>;

/** What a pool measures of its browsers; nothing without `metrics`. */
export const poolMetrics = (metrics: Metrics | undefined) => ({
  contexts: metrics?.gauge('rcm_browser_contexts'),
  memory: metrics?.gauge('rcm_browser_memory_bytes'),
  launches: metrics?.counter('rcm_browser_launches_total'),
  failures: metrics?.counter('rcm_browser_failures_total'),
});
