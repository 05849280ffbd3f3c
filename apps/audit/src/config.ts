import { checkDatabase, databaseEnvironment, withDatabaseCa } from '@rcm/db';
import { readConfig, Secret } from '@rcm/telemetry';
import { z } from 'zod';

const milliseconds = (fallback: number, min: number) => z.coerce.number('must be a number').int().min(min).default(fallback);

const schema = z
  .object({
    ...databaseEnvironment,
    RCM_LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'),
    RCM_HEALTH_PORT: z.coerce.number().int().min(0).max(65535).default(8083),
    RCM_HEALTH_HOST: z.string().default('127.0.0.1'),
    /** Ed25519 private key in PEM, given as a file. */
    RCM_AUDIT_SIGNING_KEY: z
      .string()
      .transform((pem) => new Secret(pem))
      .optional(),
    /** Public keys (PEM) whose heads `verify` accepts: paths, separated by commas. */
    RCM_AUDIT_PUBLIC_KEYS: z
      .string()
      .default('')
      .transform((text) =>
        text
          .split(',')
          .map((path) => path.trim())
          .filter((path) => path !== ''),
      ),
    /** Heads are appended to it. */
    RCM_AUDIT_HEADS_FILE: z.string().min(1).optional(),
    /** Pause between two rounds of `heads run`. */
    RCM_AUDIT_INTERVAL_MS: milliseconds(300_000, 100),
    /** For signing the heads of a round, and for each sink to take them. */
    RCM_AUDIT_DEADLINE_MS: milliseconds(30_000, 100),
  })
  .superRefine((config, problems) => checkDatabase(config, problems));

export type AuditConfig = z.infer<typeof schema>;

/** Reads the environment once. Fails with `config_invalid`, one line per problem. */
export const readAuditConfig = (environment: NodeJS.ProcessEnv): AuditConfig => withDatabaseCa(readConfig(schema, environment));
