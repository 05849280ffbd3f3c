import { createCredentialManager, createReplicatedReaders, createTenantDevices, identityKeys, readingNumbers, tenantStoresOptions } from '@rcm/credentials';
import type { Database } from '@rcm/db';
import { type AgentAccess, leaseTiming, loginTiming, openPortalProcess, type PortalProcess, SessionCache } from '@rcm/portal-access';
import { type Logger, type Metrics, systemClock } from '@rcm/telemetry';
import type { WebAgentConfig } from './config.ts';
import { legacySetting } from './legacy.ts';
import { openTaskKeys } from './task-keys.ts';
import { tracedReaders } from './tracing/traced-readers.ts';
import { NO_TRACING, tracedMetrics, type Tracing } from '@rcm/portal-access/tracing';

export interface WebAgentProcess {
  readonly access: AgentAccess;
  readonly db: Database;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** What this deployment leaves unprotected, a sentence each. */
  readonly warnings: readonly string[];
  readonly browser: Pick<PortalProcess, 'tryBrowser' | 'browserProblem'>;
  /** Closes kept sessions, browser, store clients, database and what wraps data keys, in this order. */
  close(): Promise<void>;
}

/** Everything a web-agent needs, made once from its configuration. Nothing is connected before it is used. */
export function openWebAgent(config: WebAgentConfig, options: { readonly headed?: boolean; readonly tracing?: Tracing } = {}): WebAgentProcess {
  const idleContexts = config.RCM_AGENT_KEPT_SESSIONS;
  const taskKeys = openTaskKeys(config);
  const { legacy, warnings: legacyWarnings } = legacySetting(config);
  const { logger, metrics, db, drivers, warnings, places, closeBrowser, ...browser } = openPortalProcess({
    name: 'web-agent',
    role: 'rcm_agent',
    config,
    idleContexts,
    headed: options.headed,
    dataKeys: taskKeys,
  });
  const stores = createReplicatedReaders({
    stores: { ...tenantStoresOptions(config), processName: config.worker },
    replica: config,
    metrics,
    onTurn: (state, store) =>
      logger.warn(
        { store, state },
        state === 'down' ? 'the first region does not answer: credentials are read from the second' : 'the first region answers again',
      ),
  });
  const devices = createTenantDevices({ ...tenantStoresOptions(config), processName: config.worker });
  const sessions = new SessionCache({ maxSessions: idleContexts, idleMs: config.RCM_AGENT_SESSION_IDLE_MS });
  metrics.watched('rcm_browser_slots_percent', (gauge) =>
    gauge.set(Math.min(100, (100 * Math.max(0, places() - sessions.size)) / config.RCM_MAX_BROWSER_CONTEXTS)),
  );
  const tracing = options.tracing ?? NO_TRACING;
  return {
    access: {
      db,
      clock: systemClock,
      logger,
      metrics: tracedMetrics(metrics, tracing),
      credentials: createCredentialManager({ ...readingNumbers(config), stores: tracedReaders(stores, tracing), metrics }),
      drivers,
      sessions,
      lease: leaseTiming(config),
      login: loginTiming(config),
      illness: { windowMs: config.RCM_AGENT_ILL_WINDOW_MS, suspects: config.RCM_AGENT_ILL_SUSPECTS },
      keys: identityKeys(config),
      devices,
      legacy,
    },
    db,
    logger,
    metrics,
    warnings: [...warnings, ...legacyWarnings],
    browser,
    async close() {
      await sessions.close();
      await closeBrowser();
      await Promise.all([stores.close(), devices.close()]);
      await db.close();
      await taskKeys.close();
    },
  };
}

export const workerOptions = (config: WebAgentConfig) => ({
  worker: config.worker,
  taskDeadlineMs: config.RCM_AGENT_TASK_DEADLINE_MS,
  claimMs: config.RCM_AGENT_CLAIM_MS,
  maxTries: config.RCM_AGENT_MAX_TRIES,
  retryMs: config.RCM_AGENT_RETRY_MS,
  putOffMs: config.RCM_AGENT_PUT_OFF_MS,
});
