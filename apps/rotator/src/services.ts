import { type CopyingStores, createReplicatedStores, createTenantDevices, identityKeys, tenantStoresOptions } from '@rcm/credentials';
import type { Database } from '@rcm/db';
import { leaseTiming, loginTiming, openPortalProcess } from '@rcm/portal-access';
import { NO_TRACING, tracedMetrics, type Tracing } from '@rcm/portal-access/tracing';
import { type Metrics, systemClock } from '@rcm/telemetry';
import type { RotatorConfig } from './config.ts';
import type { NotificationChannel } from './notifications/channel.ts';
import { openChannels } from './notifications/channels.ts';
import { deliverNotifications } from './notifications/deliver.ts';
import type { Rotator } from './rotator.ts';

export interface RotatorProcess {
  readonly rotator: Rotator;
  readonly db: Database;
  readonly metrics: Metrics;
  /** What this deployment leaves unprotected, a sentence each. */
  readonly warnings: readonly string[];
  /** The copies in the second region; `null` where there is none. */
  readonly copies: Pick<CopyingStores, 'repairCopy'> | null;
  /** Spans of what this process does. */
  readonly tracing: Tracing;
  /** What tells people. */
  readonly channels: readonly NotificationChannel[];
  /** Opens a context in the browser and closes it. Fails with `browser_unavailable`. */
  tryBrowser(signal: AbortSignal): Promise<void>;
  /** Why no browser can be had, in a sentence, as far as it is known; else `null`. */
  browserProblem(): Promise<string | null>;
  /** Closes browser, store clients and database, in this order; then sends what is left of the spans. */
  close(): Promise<void>;
}

/** What sends notifications. */
export type Delivering = Pick<RotatorProcess, 'db' | 'rotator' | 'channels'>;

/** Everything a rotator needs, made once from its configuration. Nothing is connected before it is used. `tracing`: default none; closed with the rest. */
export function openRotator(config: RotatorConfig, { tracing = NO_TRACING }: { readonly tracing?: Tracing } = {}): RotatorProcess {
  const { logger, metrics, db, drivers, warnings, closeBrowser, ...browser } = openPortalProcess({ name: 'rotator', role: 'rcm_rotator', config });
  const { stores, copies } = createReplicatedStores({
    stores: {
      ...tenantStoresOptions(config),
      processName: config.owner,
      onStrayCopies: ({ endpointId }, count) =>
        logger.warn({ endpointId, count }, 'names among the staged copies of a secret are no attempt’s; they are left out'),
    },
    replica: config,
    metrics,
    onBehind: ({ endpointId }, error) => logger.warn({ err: error, endpointId }, 'the copy in the second region is behind; `rcm copies` mends it'),
  });
  const devices = createTenantDevices({ ...tenantStoresOptions(config), processName: config.owner });
  const rotator: Rotator = {
    db,
    devices,
    clock: systemClock,
    logger,
    metrics: tracedMetrics(metrics, tracing),
    drivers,
    stores,
    environment: config.RCM_ENVIRONMENT,
    lease: leaseTiming(config),
    rules: { canary: config.RCM_ROTATOR_CANARY === 'daily', probeMs: config.RCM_ROTATOR_PROBE_MS, lastingMs: config.RCM_ROTATOR_MAINTENANCE_MARGIN_MS },
    breaker: {
      windowMs: config.RCM_ROTATOR_BREAKER_WINDOW_MS,
      suspects: config.RCM_ROTATOR_BREAKER_SUSPECTS,
      failures: config.RCM_ROTATOR_BREAKER_FAILURES,
    },
    keys: identityKeys(config),
    owner: config.owner,
    timing: {
      ...loginTiming(config),
      submitDeadlineMs: config.RCM_SUBMIT_DEADLINE_MS,
      retryMs: config.RCM_ROTATOR_RETRY_MS,
      maxTries: config.RCM_ROTATOR_MAX_TRIES,
      abandonedPauseMs: config.RCM_ROTATOR_ABANDONED_PAUSE_MS,
      giveUpMs: config.RCM_ROTATOR_GIVE_UP_MS,
    },
  };
  const channels = openChannels(config, rotator);
  return {
    rotator,
    db,
    metrics,
    warnings,
    copies,
    tracing,
    channels: channels.all,
    ...browser,
    async close() {
      channels.close();
      await closeBrowser();
      await Promise.all([stores.close(), devices.close()]);
      await db.close();
      await tracing.close();
    },
  };
}

/** Sends what a command has told of, at its end; what does not get out now is sent by whichever rotator comes next. */
export async function deliverNow({ db, rotator, channels }: Delivering, config: RotatorConfig): Promise<void> {
  const signal = AbortSignal.timeout(config.RCM_NOTICE_DEADLINE_MS);
  await deliverNotifications({
    db,
    logger: rotator.logger,
    channels,
    deadlineMs: config.RCM_NOTICE_DEADLINE_MS,
    maxTries: config.RCM_NOTICE_MAX_TRIES,
    signal,
  }).catch((error: unknown) => rotator.logger.warn({ err: error }, 'notifications could not be sent now; the next rotator sends them'));
}
