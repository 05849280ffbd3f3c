import { isRcmError, type Metrics } from '@rcm/telemetry';
import type { SecretReference } from '../reference.ts';

/**
 * Where a credential came from: `cache`; `store`; `replica` (the first region is down, and the copy is at the very version that was
 * asked for); `stale` (no store answered, and this is what was read last).
 */
export type Served = 'cache' | 'store' | 'replica' | 'stale';

type Store = SecretReference['store'];

/** What the manager counts. No label names a tenant, an endpoint or a reference. */
export interface ReadingMetrics {
  /** Out of the cache. Without a label: it is counted at every read, and a label would cost four times as much. */
  hit(): void;
  missed(how: Exclude<Served, 'cache' | 'stale'>): void;
  /** `age`: how long beyond its TTL, in ms. */
  stale(age: number): void;
  /** A value that was held had to be read again: `expired`, `version` where another one was asked for, `changed` where a change was heard of. */
  refreshed(why: 'expired' | 'version' | 'changed'): void;
  /** From hearing of a change to holding the new value, in ms. */
  reloaded(after: number): void;
  failed(error: unknown): void;
  throttled(store: Store): void;
  batch(size: number): void;
  /** By how many there are more, or fewer, now: a store has several places. */
  inFlight(store: Store, change: number): void;
  waiting(store: Store, change: number): void;
  held(credentials: number): void;
}

export function createReadingMetrics(metrics: Metrics): ReadingMetrics {
  const hits = metrics.counter('rcm_credential_hits_total');
  const misses = metrics.counter('rcm_credential_misses_total');
  const staleServed = metrics.counter('rcm_credential_stale_served_total');
  const staleness = metrics.histogram('rcm_credential_staleness_seconds');
  const refreshes = metrics.counter('rcm_credential_refreshes_total');
  const reloads = metrics.histogram('rcm_credential_reload_seconds');
  const failures = metrics.counter('rcm_credential_failures_total');
  const throttles = metrics.counter('rcm_credential_throttles_total');
  const batches = metrics.histogram('rcm_credential_batch_size');
  const calls = metrics.gauge('rcm_credential_calls_in_flight');
  const reads = metrics.gauge('rcm_credential_reads_waiting');
  const cached = metrics.gauge('rcm_credential_cached');
  return {
    hit: () => hits.inc(),
    missed: (served) => misses.inc({ served }),
    stale(age) {
      staleServed.inc();
      staleness.observe(age / 1000);
    },
    refreshed: (why) => refreshes.inc({ why }),
    reloaded: (after) => reloads.observe(after / 1000),
    failed: (error) => failures.inc({ code: isRcmError(error) ? error.code : 'unknown' }),
    throttled: (store) => throttles.inc({ store }),
    batch: (size) => batches.observe(size),
    inFlight: (store, change) => calls.inc({ store }, change),
    waiting: (store, change) => reads.inc({ store }, change),
    held: (count) => cached.set(count),
  };
}
