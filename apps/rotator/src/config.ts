import { actorEnvironment, checkActor, checkStores, credentialsEnvironment } from '@rcm/credentials';
import { checkDatabase, databaseEnvironment, withDatabaseCa } from '@rcm/db';
import { checkBrowser, portalEnvironment } from '@rcm/portal-access';
import { tracingEnvironment } from '@rcm/portal-access/tracing';
import { metricsEnvironment, processName, readConfig } from '@rcm/telemetry';
import { z } from 'zod';
import { checkNotifications, operationsEnvironment } from './operations-environment.ts';

const milliseconds = (fallback: number, min = 1) => z.coerce.number().int().min(min).default(fallback);

const schema = z
  .object({
    ...databaseEnvironment,
    ...credentialsEnvironment,
    ...actorEnvironment,
    RCM_LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error']).default('info'),
    RCM_HEALTH_PORT: z.coerce.number().int().min(0).max(65535).default(8082),
    RCM_HEALTH_HOST: z.string().default('127.0.0.1'),
    ...portalEnvironment,
    ...metricsEnvironment,
    ...tracingEnvironment,
    /** Rotations at once in this process. More than contexts is useful: some wait for one-time codes without a browser. */
    RCM_ROTATOR_CONCURRENCY: z.coerce.number().int().min(1).max(256).default(8),
    RCM_ROTATOR_SCAN_MS: milliseconds(60_000, 100),
    RCM_ROTATOR_RECOVERY_MS: milliseconds(30_000, 100),
    RCM_ROTATOR_RETRY_MS: milliseconds(60_000, 100),
    RCM_ROTATOR_MAX_TRIES: z.coerce.number().int().min(1).max(100).default(3),
    RCM_ROTATOR_ABANDONED_PAUSE_MS: milliseconds(86_400_000),
    /** For how long an attempt may wait without moving: then it is given up where nothing was sent, and blocked where the portal cannot be asked. */
    RCM_ROTATOR_GIVE_UP_MS: milliseconds(14 * 86_400_000, 1_000),
    RCM_ROTATOR_DRAIN_MS: milliseconds(90_000),
    RCM_SUBMIT_DEADLINE_MS: milliseconds(30_000),
    ...operationsEnvironment,
  })
  .superRefine(checkDatabase)
  .superRefine((config, problems) => checkBrowser(config, problems))
  .superRefine(checkStores)
  .superRefine(checkActor)
  .superRefine(checkNotifications)
  .refine((c) => c.RCM_LEASE_TTL_MS > c.RCM_SUBMIT_DEADLINE_MS, {
    path: ['RCM_LEASE_TTL_MS'],
    message: 'must be longer than RCM_SUBMIT_DEADLINE_MS: the lease has to outlive a submit',
  });

export type RotatorConfig = z.infer<typeof schema> & { readonly owner: string };

/** Reads the environment once. Fails with `config_invalid`, one line per problem. */
export function readRotatorConfig(environment: NodeJS.ProcessEnv): RotatorConfig {
  return { ...withDatabaseCa(readConfig(schema, environment)), owner: processName('rotator') };
}
