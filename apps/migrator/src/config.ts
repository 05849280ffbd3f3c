import { actorEnvironment, checkActor, checkStores, credentialsEnvironment } from '@rcm/credentials';
import { checkDatabase, databaseEnvironment, withCa, withDatabaseCa } from '@rcm/db';
import { readConfig, Secret } from '@rcm/telemetry';
import { z } from 'zod';

const STORES = ['ssm', 'secrets-manager', 'vault'] as const;

/** Databases besides the platform's, reached by the same rule. */
const OTHERS = ['RCM_MIGRATOR_ADMIN_DATABASE_URL', 'RCM_MIGRATOR_SOURCE_DATABASE_URL'] as const;

const databaseUrl = z
  .string()
  .regex(/^postgres(ql)?:\/\/\S+$/, 'must be a postgresql:// URL')
  .transform((url) => new Secret(url));

const schema = z
  .object({
    ...databaseEnvironment,
    ...credentialsEnvironment,
    ...actorEnvironment,
    RCM_LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('warn'),
    /** Where new secrets are created. */
    RCM_MIGRATOR_STORE: z.enum(STORES).default('ssm'),
    /** Logins that a place of SSM is filled with: the rest of its 10,000 standard parameters is for what rotations stage. `advanced` payloads have ten times as many. */
    RCM_PLACE_LOGINS: z.coerce.number('must be a number').int().min(1).max(95_000).optional(),
    /** SSM's default quota of PutParameter is 3 a second per account and region. */
    RCM_MIGRATOR_WRITES_PER_SECOND: z.coerce.number('must be a number').positive().max(100).default(3),
    /** Of SSM's 40 a second, the agents need most. */
    RCM_MIGRATOR_READS_PER_SECOND: z.coerce.number('must be a number').positive().max(1000).default(20),
    /** Endpoints worked on at once. */
    RCM_MIGRATOR_CONCURRENCY: z.coerce.number('must be a number').int().min(1).max(32).default(4),
    /** Direct: rewriting a table and the catalogue's samples is not an app's right (docs/migration.md). Only `scrub` needs it. */
    RCM_MIGRATOR_ADMIN_DATABASE_URL: databaseUrl.optional(),
    /** A company's own database, which is only read, and only by `adopt`. */
    RCM_MIGRATOR_SOURCE_DATABASE_URL: databaseUrl.optional(),
    /** `managed`: RDS, Aurora and the like, where nobody may switch or see the WAL, so that nothing is promised of it. */
    RCM_MIGRATOR_POSTGRES: z.enum(['own', 'managed']).default('own'),
    /** For writing one table anew at `scrub`, and before that for others to let it go, in minutes each. */
    RCM_MIGRATOR_REWRITE_MINUTES: z.coerce.number('must be a number').positive().max(10_080).default(60),
    RCM_MIGRATOR_PROOF_MAX_AGE_MINUTES: z.coerce.number('must be a number').positive().max(10_080).default(60),
  })
  .superRefine((config, problems) => checkDatabase(config, problems, Object.fromEntries(OTHERS.map((name) => [name, config[name]?.reveal()]))))
  .superRefine(checkStores)
  .superRefine(checkActor);

export type MigratorConfig = z.infer<typeof schema>;

/** Reads the environment once. Fails with `config_invalid`, one line per problem. */
export function readMigratorConfig(environment: NodeJS.ProcessEnv): MigratorConfig {
  const config = withDatabaseCa(readConfig(schema, environment));
  const others = OTHERS.map((name) => [name, config[name]?.map((url) => withCa(url, config.RCM_DATABASE_CA_FILE))] as const);
  return { ...config, ...Object.fromEntries(others) };
}
