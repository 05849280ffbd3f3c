import { checkDatabase, databaseEnvironment, withCa, withDatabaseCa } from '@rcm/db';
import { checkAddresses, metricsEnvironment, readConfig, Secret, transportEnvironment } from '@rcm/telemetry';
import { z } from 'zod';
import { syslogPlace } from './sinks/syslog.ts';

const milliseconds = (fallback: number, min: number) => z.coerce.number('must be a number').int().min(min).default(fallback);

/** What concerns heads alone, without the database. */
const headsEnvironment = z
  .object({
    ...transportEnvironment,
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
    /** Instead: key id, ARN or alias of a KMS key, ECC_NIST_P256 for SIGN_VERIFY. */
    RCM_AUDIT_SIGNING_KMS_KEY: z.string().min(1).optional(),
    /** Heads are appended to it. */
    RCM_AUDIT_HEADS_FILE: z.string().min(1).optional(),
    /** Heads are put into it; made with Object Lock. */
    RCM_AUDIT_BUCKET: z
      .string()
      .regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, 'must be the name of a bucket')
      .optional(),
    RCM_AUDIT_BUCKET_PREFIX: z
      .string()
      .regex(/^([A-Za-z0-9_.=-]+\/)*$/, 'must be empty or end with a slash')
      .default('audit-heads/'),
    RCM_AUDIT_BUCKET_MODE: z.enum(['COMPLIANCE', 'GOVERNANCE']).default('COMPLIANCE'),
    RCM_AUDIT_BUCKET_KEEP_DAYS: z.coerce.number('must be a number').int().min(1).max(36_500).default(2_557),
    /** `tls://host:port` or `unix:/path`. */
    RCM_AUDIT_SYSLOG: z
      .string()
      .refine((text) => syslogPlace(text) !== null, 'must be tls://host:port or unix:/path')
      .optional(),
    /** CA of the syslog server (PEM). Default: those that Node comes with. */
    RCM_AUDIT_SYSLOG_CA_FILE: z.string().min(1).optional(),
    RCM_AWS_REGION: z
      .string()
      .regex(/^[a-z]{2}(-[a-z]+)+-\d$/, 'must look like us-east-1')
      .optional(),
    /** Only where AWS is not at its usual address. */
    RCM_AWS_ENDPOINT: z.string().optional(),
    /** Pause between two rounds of `heads run`. */
    RCM_AUDIT_INTERVAL_MS: milliseconds(300_000, 100),
    /** For signing the heads of a round, and for each sink to take them. */
    RCM_AUDIT_DEADLINE_MS: milliseconds(30_000, 100),
  })
  .superRefine((config, problems) => {
    const report = (name: string, message: string): void => void problems.addIssue({ code: 'custom', path: [name], message });
    checkAddresses(config, { RCM_AWS_ENDPOINT: { address: config.RCM_AWS_ENDPOINT, use: 'aws' } }, problems);
    if (config.RCM_AUDIT_SIGNING_KEY && config.RCM_AUDIT_SIGNING_KMS_KEY)
      report('RCM_AUDIT_SIGNING_KMS_KEY', 'is set, and RCM_AUDIT_SIGNING_KEY too; only one may be');
    if ((config.RCM_AUDIT_BUCKET ?? config.RCM_AUDIT_SIGNING_KMS_KEY) !== undefined && config.RCM_AWS_REGION === undefined)
      report('RCM_AWS_REGION', 'is not set, but a bucket or a KMS key is');
  });

const schema = headsEnvironment
  .safeExtend({
    ...databaseEnvironment,
    ...metricsEnvironment,
    /** A login as a member of `rcm_auditor`: with it `heads run` also checks what is asked for in the console. */
    RCM_AUDIT_CHECKS_DATABASE_URL: z
      .string()
      .min(1)
      .transform((url) => new Secret(url))
      .optional(),
    /** How often it looks whether a check was asked for. */
    RCM_AUDIT_CHECKS_SCAN_MS: milliseconds(2_000, 100),
    /** For one check: whoever asked is told after a quarter of an hour that nobody does it. */
    RCM_AUDIT_CHECKS_DEADLINE_MS: z.coerce.number('must be a number').int().min(100).max(840_000).default(600_000),
  })
  .superRefine((config, problems) => checkDatabase(config, problems, { RCM_AUDIT_CHECKS_DATABASE_URL: config.RCM_AUDIT_CHECKS_DATABASE_URL?.reveal() }));

export type HeadsConfig = z.infer<typeof headsEnvironment>;
export type AuditConfig = z.infer<typeof schema>;

/** Reads the environment once. Fails with `config_invalid`, one line per problem. */
export function readAuditConfig(environment: NodeJS.ProcessEnv): AuditConfig {
  const config = withDatabaseCa(readConfig(schema, environment));
  const checks = config.RCM_AUDIT_CHECKS_DATABASE_URL?.map((url) => withCa(url, config.RCM_DATABASE_CA_FILE));
  return { ...config, RCM_AUDIT_CHECKS_DATABASE_URL: checks };
}

/** For a command that needs no database. Fails with `config_invalid`. */
export const readHeadsConfig = (environment: NodeJS.ProcessEnv): HeadsConfig => readConfig(headsEnvironment, environment);
