import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { readConfig, transportEnvironment } from '@rcm/telemetry';
import { z } from 'zod';
import { connectionProblem, withCa } from './connection.ts';

const postgresUrl = z.string().regex(/^postgres(ql)?:\/\/\S+$/, 'must be a postgresql:// URL');

/** The database's part of an app's configuration (a zod raw shape), with `.superRefine(checkDatabase)` behind it. Normally given as `…_FILE`: the URLs hold a password. */
export const databaseEnvironment = {
  ...transportEnvironment,
  /** Pooled URL. */
  RCM_DATABASE_URL: postgresUrl,
  /** Direct URL, for LISTEN, migrations and storage rewrites. Default: the pooled one. */
  RCM_DATABASE_DIRECT_URL: postgresUrl.optional(),
  /** Certificates (PEM) of the CA that has signed the server's, for URLs with `sslmode=verify-full`. Default: those that Node comes with. */
  RCM_DATABASE_CA_FILE: z.string().min(1).optional(),
};

export type DatabaseConfig = z.infer<z.ZodObject<typeof databaseEnvironment>>;

/** For `.superRefine`: TLS that proves the server, or a server on this machine. `others` are further URLs of the same rule, by variable. */
export function checkDatabase(config: DatabaseConfig, problems: z.core.$RefinementCtx, others: Readonly<Record<string, string | undefined>> = {}): void {
  const report = (name: string, message: string): void => void problems.addIssue({ code: 'custom', path: [name], message });
  const plaintextAllowed = config.RCM_PLAINTEXT.includes('database');
  const urls = { RCM_DATABASE_URL: config.RCM_DATABASE_URL, RCM_DATABASE_DIRECT_URL: config.RCM_DATABASE_DIRECT_URL, ...others };
  for (const [name, url] of Object.entries(urls)) {
    const problem = url === undefined ? null : connectionProblem(url, { plaintextAllowed });
    if (problem !== null) report(name, problem);
  }
  const problem = config.RCM_DATABASE_CA_FILE === undefined ? null : caProblem(config.RCM_DATABASE_CA_FILE);
  if (problem !== null) report('RCM_DATABASE_CA_FILE', problem);
}

/** The configuration with its CA in each URL that asks for verification: a URL is all that whoever connects is given. */
export const withDatabaseCa = <C extends DatabaseConfig>(config: C): C => ({
  ...config,
  RCM_DATABASE_URL: withCa(config.RCM_DATABASE_URL, config.RCM_DATABASE_CA_FILE),
  RCM_DATABASE_DIRECT_URL: config.RCM_DATABASE_DIRECT_URL && withCa(config.RCM_DATABASE_DIRECT_URL, config.RCM_DATABASE_CA_FILE),
});

/** The database's part alone, for a command that needs no more. Fails with `config_invalid`. */
export const readDatabaseConfig = (environment: NodeJS.ProcessEnv): DatabaseConfig =>
  withDatabaseCa(readConfig(z.object(databaseEnvironment).superRefine(checkDatabase), environment));

function caProblem(path: string): string | null {
  try {
    return new X509Certificate(readFileSync(path)).ca ? null : 'names a file whose first certificate is no CA';
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return `names a file that holds no readable certificate (${typeof code === 'string' ? code : 'error'})`;
  }
}
