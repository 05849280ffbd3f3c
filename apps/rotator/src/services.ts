import { createTenantStores } from '@rcm/credentials';
import { type Database, openDatabase } from '@rcm/db';
import { Drivers, leaseTiming, loginTiming } from '@rcm/portal-access';
import { createBrowserPool } from '@rcm/portal-drivers';
import { createLogger, createMetrics, type Metrics, systemClock } from '@rcm/telemetry';
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
  const logger = createLogger({ name: 'rotator', level: config.RCM_LOG_LEVEL });
  const metrics = createMetrics({ process: true });
  const db = openDatabase({
    url: config.RCM_DATABASE_URL,
    directUrl: config.RCM_DATABASE_DIRECT_URL,
    applicationName: 'rcm-rotator',
  });
  const stores = createTenantStores({
    region: config.RCM_AWS_REGION,
    endpoint: config.RCM_AWS_ENDPOINT,
    environment: config.RCM_ENVIRONMENT,
    roleArn: config.RCM_TENANT_ROLE_ARN,
    dedicatedOrgId: config.RCM_DEDICATED_ORG_ID,
    kmsKeyId: config.RCM_KMS_KEY_ID,
  });
  const browser = createBrowserPool({
    executablePath: config.RCM_CHROMIUM_PATH,
    maxContexts: config.RCM_MAX_BROWSER_CONTEXTS,
    logger,
    metrics,
  });
  const rotator: Rotator = {
    db,
    clock: systemClock,
    logger,
    drivers: new Drivers(browser, logger, metrics),
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
      await browser.close();
      await stores.close();
      await db.close();
    },
  };
}
