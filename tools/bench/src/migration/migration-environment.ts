import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { platformPolicies, taskRoleName } from '@rcm/credentials/policies';
import { type Database, openDatabase } from '@rcm/db';
import { upsertOrganization, upsertPortalType } from '@rcm/db/admin';
import { migrateWithLogins, PLAIN_PORTAL_TYPE, urlFor } from '@rcm/db/testing';
import { startLocalAws } from '@rcm/local-aws';
import { startEmbeddedPostgres, temporaryFolder } from '@rcm/test-services';
import { type CountingProxy, startCountingProxy } from '../counting-proxy.ts';

export const WRITES_PER_SECOND = 3;

export interface MigrationEnvironment extends AsyncDisposable {
  readonly db: Database;
  readonly proxy: CountingProxy;
  /** Of the account's own user, who may do everything where there are no policies. */
  readonly admin: { readonly accessKeyId: string; readonly secretAccessKey: string };
  /** What each login's password is at the start. */
  readonly passwords: ReadonlyMap<string, string>;
  /** What a migrator's process is started with. */
  readonly environment: Readonly<Record<string, string>>;
}

const REGION = 'us-east-1';

export interface TestEnvironmentOptions {
  readonly logins: number;
  /** `none`: the platform's let nobody write as the original design's script does. */
  readonly policies?: 'the platform’s' | 'none';
  /** SSM's default, or no quota at all. */
  readonly quota: 'default' | 'none';
}

/** A database with plaintext logins, and a store. */
export async function openMigrationEnvironment({ logins, policies = 'the platform’s', quota }: TestEnvironmentOptions): Promise<MigrationEnvironment> {
  await using opened = new AsyncDisposableStack();
  const folder = opened.use(await temporaryFolder('bench-migration'));
  const file = (name: string, text: string): string => {
    writeFileSync(join(folder.path, name), text, { mode: 0o600 });
    return join(folder.path, name);
  };
  const { url } = opened.adopt(await startEmbeddedPostgres(), (server) => server.stop());
  await migrateWithLogins(url);
  const environment = 'bench';
  const enforce = platformPolicies({ accountId: '123456789012', regions: [REGION], environment });
  const aws = await startLocalAws({
    ...(policies === 'none' ? {} : { enforce }),
    ...(quota === 'none' ? {} : { quotas: { writes: WRITES_PER_SECOND, reads: 40 } }),
  });
  opened.defer(() => aws.close());
  const proxy = opened.adopt(await startCountingProxy(aws.endpoint), (each) => each.close());
  const keys = policies === 'none' ? { ...aws.credentials, sessionToken: '' } : aws.taskCredentials(taskRoleName('migrator'));
  const keyFile = `[default]\naws_access_key_id = ${keys.accessKeyId}\naws_secret_access_key = ${keys.secretAccessKey}\naws_session_token = ${keys.sessionToken}\n`;
  const db = opened.adopt(openDatabase({ url, applicationName: 'bench', maxConnections: 2 }), (each) => each.close());
  await plant(db, logins);
  const kept = opened.move();
  return {
    db,
    proxy,
    admin: aws.credentials,
    passwords: new Map(Array.from({ length: logins }, (_, n) => [idOf(n), `Pass-${n}-word`])),
    environment: {
      PATH: process.env.PATH ?? '',
      AWS_SHARED_CREDENTIALS_FILE: file('credentials', keyFile),
      RCM_DATABASE_URL_FILE: file('database-url', urlFor('rcm_migrator', url)),
      RCM_MIGRATOR_ADMIN_DATABASE_URL_FILE: file('admin-url', url),
      RCM_ENVIRONMENT: environment,
      RCM_AWS_REGION: REGION,
      RCM_AWS_ENDPOINT: proxy.endpoint,
      RCM_AWS_ACCOUNT_ID: aws.accountId,
      RCM_KMS_KEY_ID: 'alias/rcm-credentials',
      RCM_TENANT_ROLE_ARN: `arn:aws:iam::${aws.accountId}:role/rcm-migrator-tenant`,
      RCM_IDENTITY_KEY_FILE: file('identity-key', 'bench-key-0123456789-0123456789-0123456789'),
      ...(quota === 'none' ? { RCM_MIGRATOR_WRITES_PER_SECOND: '100', RCM_MIGRATOR_READS_PER_SECOND: '1000' } : {}),
      // An account has no room for more than ten thousand free ones.
      ...(logins > 10_000 ? { RCM_LARGE_PAYLOADS: 'advanced' } : {}),
      RCM_LOG_LEVEL: 'silent',
    },
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

async function plant(db: Database, count: number): Promise<void> {
  await upsertPortalType(db, PLAIN_PORTAL_TYPE);
  for (const orgId of ['north', 'south']) await upsertOrganization(db, { id: orgId, name: orgId });
  for (let from = 0; from < count; from += PLANTED_AT_ONCE) {
    const last = Math.min(count, from + PLANTED_AT_ONCE) - 1;
    await db.transaction(
      'every tenant',
      (tx) => tx.$executeRaw`
        INSERT INTO integration_endpoint (id, org_id, portal_type_code, account_id, base_url, config)
        SELECT 'login-' || lpad(n::text, 5, '0'), CASE n % 2 WHEN 0 THEN 'north' ELSE 'south' END, 'alpine', 'account-' || n, 'https://alpine.example/',
               jsonb_build_object('note', 'left alone', 'credentials', jsonb_build_object('username', 'user-' || n, 'password', 'Pass-' || n || '-word'))
          FROM generate_series(${from}::int, ${last}::int) n`,
    );
  }
}

/** One statement has 30 s, on a machine that may be ten times as busy. */
const PLANTED_AT_ONCE = 1_000;

const idOf = (n: number): string => `login-${String(n).padStart(5, '0')}`;
