import { createTenantStores, tenantStoresOptions } from '@rcm/credentials';
import type { Database } from '@rcm/db';
import { leaseTiming, loginTiming, openPortalProcess } from '@rcm/portal-access';
import { type Metrics, systemClock } from '@rcm/telemetry';
import type { RotatorConfig } from './config.ts';
import type { Rotator } from './rotate.ts';

export interface RotatorProcess {
  readonly rotator: Rotator;
  readonly db: Database;
  readonly metrics: Metrics;
  /** Closes browser, store clients and database, in this order. */
  close(): Promise<void>;
}

/** Everything a rotator needs, made once from its configuration. Nothing is connected before it is used. */
export function openRotator(config: RotatorConfig): RotatorProcess {
  const { logger, metrics, db, drivers, closeBrowser } = openPortalProcess({ name: 'rotator', role: 'rcm_rotator', config });
  const stores = createTenantStores(tenantStoresOptions(config));
  const rotator: Rotator = {
    db,
    clock: systemClock,
    logger,
    drivers,
    stores,
    environment: config.RCM_ENVIRONMENT,
    lease: leaseTiming(config),
    owner: config.owner,
    timing: {
      ...loginTiming(config),
      submitDeadlineMs: config.RCM_SUBMIT_DEADLINE_MS,
      retryMs: config.RCM_ROTATOR_RETRY_MS,
      maxTries: config.RCM_ROTATOR_MAX_TRIES,
      abandonedPauseMs: config.RCM_ROTATOR_ABANDONED_PAUSE_MS,
    },
  };
  return {
    rotator,
    db,
    metrics,
    async close() {
      await closeBrowser();
      await stores.close();
      await db.close();
    },
  };
}
