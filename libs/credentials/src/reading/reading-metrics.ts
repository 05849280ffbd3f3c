import { isRcmError, type Metrics } from '@rcm/telemetry';

export type Served = 'cache' | 'store' | 'stale';

/** What the manager counts. No label names a tenant, an endpoint or a reference. */
export interface ReadingMetrics {
  served(how: Served): void;
  /** A value that was held had to be read again: `expired`, or `version` where another one was asked for. */
  refreshed(why: 'expired' | 'version'): void;
  failed(error: unknown): void;
  batch(size: number): void;
}

export function createReadingMetrics(metrics: Metrics): ReadingMetrics {
  const served = metrics.counter('rcm_credential_reads_total', 'Credentials given out: cache (hit), store (miss or refresh), stale (the store was down).', [
    'served',
  ]);
  const refreshed = metrics.counter('rcm_credential_refreshes_total', 'Held credentials read again, and why.', ['why']);
  const failed = metrics.counter('rcm_credential_failures_total', 'Credential reads that failed, by error code.', ['code']);
  const batch = metrics.histogram('rcm_credential_batch_size', 'References asked for in one call to the store.', [1, 2, 4, 6, 8, 10]);
  return {
    served: (how) => served.inc({ served: how }),
    refreshed: (why) => refreshed.inc({ why }),
    failed: (error) => failed.inc({ code: isRcmError(error) ? error.code : 'unknown' }),
    batch: (size) => batch.observe(size),
  };
}
