import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { platformPolicies, taskRoleName } from '@rcm/credentials/policies';
import { type Database, insertEndpoint, openDatabase, upsertOrganization, upsertPortalType } from '@rcm/db';
import { migrateWithLogins, urlFor } from '@rcm/db/testing';
import { startLocalAws } from '@rcm/local-aws';
import { Secret } from '@rcm/telemetry';
import { startEmbeddedPostgres } from '@rcm/test-services';
import { type CountingProxy, startCountingProxy } from './counting-proxy.ts';

export const WRITES_PER_SECOND = 3;

export interface MigrationWorld {
  readonly db: Database;
  readonly proxy: CountingProxy;
  /** Of the account's own user, who may do everything where there are no policies. */
  readonly admin: { readonly accessKeyId: string; readonly secretAccessKey: string };
  /** What a migrator's process is started with. */
  readonly environment: Readonly<Record<string, string>>;
  close(): Promise<void>;
}

const REGION = 'us-east-1';

/**
 * A database with `count` plaintext logins, and a store with SSM's default quota of writes. Its policies are the platform's, or `none`: those let nobody
 * write as the original design's script does.
 */
export async function openMigrationWorld(count: number, policies: 'the platform’s' | 'none'): Promise<MigrationWorld> {
  const folder = mkdtempSync(join(tmpdir(), 'rcm-bench-migration-'));
  const file = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text, { mode: 0o600 });
    return join(folder, name);
  };
  const postgres = await startEmbeddedPostgres();
  const { url } = postgres;
  await migrateWithLogins(url);
  const environment = 'bench';
  const enforce = platformPolicies({ accountId: '123456789012', regions: [REGION], environment });
  const aws = await startLocalAws({ ...(policies === 'none' ? {} : { enforce }), quotas: { writes: WRITES_PER_SECOND, reads: 40 } });
  const proxy = await startCountingProxy(aws.endpoint);
  const keys = policies === 'none' ? { ...aws.credentials, sessionToken: '' } : aws.taskCredentials(taskRoleName('migrator'));
  const keyFile = `[default]\naws_access_key_id = ${keys.accessKeyId}\naws_secret_access_key = ${keys.secretAccessKey}\naws_session_token = ${keys.sessionToken}\n`;
  const db = openDatabase({ url, applicationName: 'bench', maxConnections: 2 });
  await plant(db, count);
  return {
    db,
    proxy,
    admin: aws.credentials,
    environment: {
      PATH: process.env['PATH'] ?? '',
      AWS_SHARED_CREDENTIALS_FILE: file('credentials', keyFile),
      RCM_DATABASE_URL_FILE: file('database-url', urlFor('rcm_migrator', url)),
      RCM_ENVIRONMENT: environment,
      RCM_AWS_REGION: REGION,
      RCM_AWS_ENDPOINT: proxy.endpoint,
      RCM_AWS_ACCOUNT_ID: aws.accountId,
      RCM_KMS_KEY_ID: 'alias/rcm-credentials',
      RCM_TENANT_ROLE_ARN: `arn:aws:iam::${aws.accountId}:role/rcm-migrator-tenant`,
      RCM_IDENTITY_KEY_FILE: file('identity-key', 'bench-key-0123456789-0123456789-0123456789'),
      RCM_LOG_LEVEL: 'silent',
    },
    async close() {
      await db.close();
      await proxy.close();
      await aws.close();
      await postgres.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function plant(db: Database, count: number): Promise<void> {
  await upsertPortalType(db, {
    ...{ code: 'alpine', name: 'Alpine', hosts: ['alpine.example'], driver: 'recipe', recipe: {}, passwordRules: 'length 12-20' },
    ...{ rotationMode: 'automatic', rotationIntervalDays: 60, rotationSpreadDays: 0, lockoutThreshold: 4, lockoutMargin: 1, lockoutWindowSeconds: 900 },
    ...{ settleMs: 1000, totpSkew: 1, totpPeriodSeconds: 30, maxSessionsPerAccount: 2, maxConcurrency: 4 },
  });
  for (const orgId of ['north', 'south']) await upsertOrganization(db, { id: orgId, name: orgId });
  for (let n = 0; n < count; n += 1) {
    const id = `login-${String(n).padStart(5, '0')}`;
    const config = new Secret({ credentials: { username: `user-${n}`, password: `Pass-${n}-word` } });
    await insertEndpoint(db, {
      id,
      orgId: n % 2 === 0 ? 'north' : 'south',
      portalTypeCode: 'alpine',
      accountId: `account-${n}`,
      baseUrl: 'https://alpine.example/',
      config,
    });
  }
}
