import { checkStores, checkTaskKeys, credentialsEnvironment, readingEnvironment, taskKeysEnvironment } from '@rcm/credentials';
import { checkDatabase, databaseEnvironment, withDatabaseCa } from '@rcm/db';
import { checkBrowser, portalEnvironment } from '@rcm/portal-access';
import { tracingEnvironment } from '@rcm/portal-access/tracing';
import { metricsEnvironment, processName, readConfig } from '@rcm/telemetry';
import { z } from 'zod';
import { callbackEnvironment } from './callbacks/environment.ts';
import { apiEnvironment, checkApi } from './http/environment.ts';
import { checkInbound, inboundEnvironment } from './http/inbound/environment.ts';
import { mailboxEnvironment } from './mailboxes/environment.ts';
import { checkMailboxes } from './mailboxes/passwords.ts';

const milliseconds = (fallback: number, min = 1, max = Number.MAX_SAFE_INTEGER) => z.coerce.number().int().min(min).max(max).default(fallback);

const schema = z
  .object({
    ...databaseEnvironment,
    ...credentialsEnvironment,
    ...readingEnvironment,
    ...taskKeysEnvironment,
    ...portalEnvironment,
    ...apiEnvironment,
    ...callbackEnvironment,
    ...inboundEnvironment,
    ...mailboxEnvironment,
    ...metricsEnvironment,
    ...tracingEnvironment,
    RCM_LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error']).default('info'),
    RCM_HEALTH_PORT: z.coerce.number().int().min(0).max(65535).default(8081),
    RCM_HEALTH_HOST: z.string().default('127.0.0.1'),
    /** Tasks at once in this process. More than contexts is useful: some wait for a login that is being changed. */
    RCM_AGENT_CONCURRENCY: z.coerce.number().int().min(1).max(256).default(8),
    /** Logged-in contexts kept between tasks; they count beside RCM_MAX_BROWSER_CONTEXTS' working ones. */
    RCM_AGENT_KEPT_SESSIONS: z.coerce.number().int().min(0).max(1_000).default(32),
    RCM_AGENT_SESSION_IDLE_MS: milliseconds(600_000),
    RCM_AGENT_TASK_DEADLINE_MS: milliseconds(60_000),
    /** The database gives no claim for longer than an hour. */
    RCM_AGENT_CLAIM_MS: milliseconds(60_000, 1_000, 3_600_000),
    RCM_AGENT_MAX_TRIES: z.coerce.number().int().min(1).max(100).default(5),
    RCM_AGENT_RETRY_MS: milliseconds(5_000),
    RCM_AGENT_PUT_OFF_MS: milliseconds(2_000),
    /** So many logins refused with passwords that had worked, within this time, and the portal is taken to be ill: no password is marked bad then. */
    RCM_AGENT_ILL_SUSPECTS: z.coerce.number().int().min(1).max(1_000).default(3),
    RCM_AGENT_ILL_WINDOW_MS: milliseconds(600_000),
    /** Whether a login is used that still lies in its row, in plaintext, because no migration has moved it yet. */
    RCM_LEGACY_READ: z.enum(['allow', 'forbid']).default('forbid'),
    /** What this company's rows call things, as for the migrator. */
    RCM_LEGACY_MAPPINGS_FILE: z.string().min(1).optional(),
    RCM_AGENT_TIDY_MS: milliseconds(30_000, 100),
    RCM_AGENT_DRAIN_MS: milliseconds(90_000),
    /** How long an ended task is kept, with its input and result. The database deletes none that ended less than a day ago. */
    RCM_TASK_KEEP_DAYS: z.coerce.number().min(1).max(400).default(7),
  })
  .superRefine(checkDatabase)
  .superRefine((config, problems) => checkBrowser(config, problems))
  .superRefine(checkStores)
  .superRefine(checkTaskKeys)
  .superRefine(checkApi)
  .superRefine(checkInbound)
  .superRefine(checkMailboxes);

export type WebAgentConfig = z.infer<typeof schema> & { readonly worker: string };

/** Reads the environment once. Fails with `config_invalid`, one line per problem. */
export function readWebAgentConfig(environment: NodeJS.ProcessEnv): WebAgentConfig {
  return { ...withDatabaseCa(readConfig(schema, environment)), worker: processName('web-agent') };
}
