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
  inFlight(store: Store, calls: number): void;
  waiting(store: Store, reads: number): void;
  held(credentials: number): void;
}

const SECONDS = [0.01, 0.1, 1, 10, 60, 600, 3600];

export function createReadingMetrics(metrics: Metrics): ReadingMetrics {
  const hits = metrics.counter('rcm_credential_hits_total', 'Credentials given out of the cache.');
  const misses = metrics.counter('rcm_credential_misses_total', 'Credentials that a store was asked for: store, or replica (the first region is down).', [
    'served',
  ]);
  const staleServed = metrics.counter('rcm_credential_stale_served_total', 'Credentials given out beyond their TTL because no store answered.');
  const staleness = metrics.histogram('rcm_credential_staleness_seconds', 'How long beyond its TTL a credential was that was given out stale.', SECONDS);
  const refreshes = metrics.counter('rcm_credential_refreshes_total', 'Held credentials read again, and why: expired, version or changed.', ['why']);
  const reloads = metrics.histogram('rcm_credential_reload_seconds', 'From hearing of a change to holding the new credential.', SECONDS);
  const failures = metrics.counter('rcm_credential_failures_total', 'Credential reads that failed, by error code.', ['code']);
  const throttles = metrics.counter('rcm_credential_throttles_total', 'Calls that a store refused because of its rate limit.', ['store']);
  const batches = metrics.histogram('rcm_credential_batch_size', 'References asked for in one call to the store.', [1, 2, 4, 6, 8, 10]);
  const calls = metrics.gauge('rcm_credential_calls_in_flight', 'Calls to a store under way, or waiting for its pace.', ['store']);
  const reads = metrics.gauge('rcm_credential_reads_waiting', 'Reads that wait for a call to a store.', ['store']);
  const cached = metrics.gauge('rcm_credential_cached', 'Credentials held, and marks of missing and refused ones.');
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
    inFlight: (store, count) => calls.set({ store }, count),
    waiting: (store, count) => reads.set({ store }, count),
    held: (count) => cached.set(count),
  };
}
