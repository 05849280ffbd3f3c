import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomBytes, randomUUID } from 'node:crypto';
import { startLocalAws, type LocalAws, type LocalAwsOptions } from '@rcm/local-aws';
import { createTenantStores, parsePayload, parseReference, serializePayload, type TenantStores, withPassword } from '@rcm/credentials';
import { platformPolicies, taskRoleName } from '@rcm/credentials/policies';
import { type Database, findEndpoint, openDatabase } from '@rcm/db';
import { migrateWithLogins, urlFor } from '@rcm/db/testing';
import { Secret } from '@rcm/telemetry';
import { backend, freshDatabase, localStackEndpoint } from '@rcm/test-services';
import { expect } from 'vitest';
import { scrub } from './commands/scrub.ts';
import { readMigratorConfig } from './config.ts';
import type { Migration } from './migration.ts';
import type { Report } from './report.ts';
import { renewCanary, type Seed } from './seeds.fixture.ts';
import { type OpenMigration, openMigration } from './services.ts';

/** A database and an AWS account of one test, and what a migrator process needs to reach both. */
export interface TestEnvironment {
  /** Superuser URL, and a database handle of it: to make what a test starts from, and to look behind the migrator. */
  readonly url: string;
  readonly db: Database;
  /** Only on the embedded backend: under the policies that AWS would have, and the migrator's keys are its task's. */
  readonly aws: LocalAws | null;
  /** Further accounts and regions that hold secrets, as `furtherPlaces` names them. */
  readonly further: readonly LocalAws[];
  /** What a migrator's process is started with. */
  readonly environment: Record<string, string>;
  /** A migrator of its own, as a second process would be one. Closed by `close`. */
  migrator(settings?: Record<string, string>, stop?: { stopping?: AbortSignal; giveUp?: AbortSignal }): OpenMigration;
  close(): Promise<void>;
}

const never = new AbortController().signal;
/** The emulator's own keys; it takes anybody for the account's user. */
const ANYBODY = { accessKeyId: 'test', secretAccessKey: 'test', sessionToken: '' };
const ACCOUNT = '123456789012';
const REGION = 'us-east-1';
const rootKey = randomBytes(32).toString('base64');

export interface TestEnvironmentOptions extends Pick<LocalAwsOptions, 'quotas' | 'parameterLimits' | 'secretLimit'> {
  /** On the embedded backend alone. */
  readonly furtherPlaces?: readonly (Pick<LocalAwsOptions, 'parameterLimits'> & { readonly accountId: string; readonly region: string })[];
}

export async function openTestEnvironment({ furtherPlaces = [], ...options }: TestEnvironmentOptions = {}): Promise<TestEnvironment> {
  renewCanary();
  const folder = mkdtempSync(join(tmpdir(), 'rcm-migrator-'));
  const file = (name: string, text: string) => {
    const path = join(folder, name);
    writeFileSync(path, text, { mode: 0o600 });
    return path;
  };
  const { url, drop } = await freshDatabase({ migrate: migrateWithLogins });
  // A container is shared by all tests of a run: an environment of its own keeps their secrets apart.
  const name = `t-${randomUUID().slice(0, 8)}`;
  const start = (accountId: string, region: string, limits: LocalAwsOptions) => {
    const dataFile = join(folder, `aws-${accountId}-${region}`);
    // One key file for all: the process has one pair of keys, which every account knows.
    writeFileSync(`${dataFile}.hsm`, rootKey, { mode: 0o600 });
    return startLocalAws({ ...limits, accountId, region, dataFile, enforce: platformPolicies({ accountId, regions: [region], environment: name }) });
  };
  const enforce = platformPolicies({ accountId: ACCOUNT, regions: [REGION], environment: name });
  const inMemory = () => startLocalAws({ enforce, ...options });
  const aws = backend() === 'embedded' ? await (furtherPlaces.length > 0 ? start(ACCOUNT, REGION, options) : inMemory()) : null;
  const further = aws ? await Promise.all(furtherPlaces.map(({ accountId, region, ...limits }) => start(accountId, region, limits))) : [];
  const account = aws?.accountId ?? '000000000000';
  const { accessKeyId, secretAccessKey, sessionToken } = aws?.taskCredentials(taskRoleName('migrator')) ?? ANYBODY;
  const keys = { aws_access_key_id: accessKeyId, aws_secret_access_key: secretAccessKey, ...(sessionToken ? { aws_session_token: sessionToken } : {}) };
  const lines = Object.entries(keys).map(([key, value]) => `${key} = ${value}\n`);
  const credentialsFile = file('credentials', `[default]\n${lines.join('')}`);
  // The SDK's default chain reads it from here, in this process as in a spawned one.
  process.env.AWS_SHARED_CREDENTIALS_FILE = credentialsFile;
  const environment = {
    PATH: process.env.PATH ?? '',
    AWS_SHARED_CREDENTIALS_FILE: credentialsFile,
    RCM_DATABASE_URL_FILE: file('database-url', urlFor('rcm_migrator', url)),
    RCM_MIGRATOR_ADMIN_DATABASE_URL_FILE: file('admin-url', url),
    RCM_ENVIRONMENT: name,
    RCM_AWS_REGION: REGION,
    RCM_AWS_ENDPOINT: aws?.endpoint ?? (await localStackEndpoint()),
    RCM_AWS_ACCOUNT_ID: account,
    RCM_KMS_KEY_ID: aws ? 'alias/rcm-credentials' : 'alias/aws/ssm',
    RCM_TENANT_ROLE_ARN: `arn:aws:iam::${account}:role/rcm-migrator-tenant`,
    RCM_IDENTITY_KEY_FILE: file('identity-key', 'canary-key-0123456789-0123456789-0123456789'),
    ...(further.length > 0
      ? { RCM_STORE_PLACES: JSON.stringify(further.map(({ accountId, region, endpoint }) => ({ account: accountId, region, endpoint }))) }
      : {}),
    RCM_MIGRATOR_WRITES_PER_SECOND: '100',
    RCM_MIGRATOR_READS_PER_SECOND: '500',
    RCM_LOG_LEVEL: 'debug',
  };
  const db = openDatabase({ url, applicationName: 'test environment', maxConnections: 3 });
  const opened: OpenMigration[] = [];
  return {
    url,
    db,
    aws,
    further,
    environment,
    migrator(settings = {}, { stopping = never, giveUp = never } = {}) {
      const config = readMigratorConfig({ ...environment, RCM_LOG_LEVEL: 'silent', ...settings });
      const migration = openMigration(config, { stop: { stopping, giveUp, begin: () => {}, dispose: () => {} }, stderr: { write: () => {} } });
      opened.push(migration);
      return migration;
    },
    async close() {
      await Promise.all(opened.map((migration) => migration.close()));
      await db.close();
      await Promise.all([...(aws ? [aws] : []), ...further].map((each) => each.close()));
      await drop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** `scrub` with the configuration of this test environment. */
export const scrubbing = (testEnvironment: TestEnvironment, migration: Migration, settings: Record<string, string> = {}): Promise<Report> =>
  scrub(migration, { config: readMigratorConfig({ ...testEnvironment.environment, ...settings }), removal: 'proved' });

/** What the store holds for a seed, read through its tenant's session. */
export async function stored(migration: Migration, seed: Seed): Promise<{ readonly text: string; readonly version: string }> {
  const row = await findEndpoint(migration.db, { endpointId: seed.id });
  if (!row?.secretArn) throw new Error(`${seed.id} is not migrated`);
  const found = await migration.stores.forTenant(seed.orgId).read(parseReference(row.secretArn));
  if (!found) throw new Error(`${seed.id} has no secret`);
  return { text: found.text.reveal(), version: found.version };
}

export async function expectEveryField(migration: Migration, planted: readonly Seed[]): Promise<void> {
  for (const seed of planted) {
    const { text } = await stored(migration, seed);
    expect(JSON.parse(text), seed.id).toEqual(JSON.parse(JSON.stringify(seed.credentials)));
  }
}

/** Acts with a rotator's tenant sessions. */
export async function asRotator<T>(testEnvironment: TestEnvironment, act: (stores: TenantStores) => Promise<T>): Promise<T> {
  const { aws, environment } = testEnvironment;
  const stores = createTenantStores({
    region: environment.RCM_AWS_REGION ?? '',
    endpoint: environment.RCM_AWS_ENDPOINT,
    environment: environment.RCM_ENVIRONMENT ?? '',
    roleArn: environment.RCM_TENANT_ROLE_ARN?.replace('rcm-migrator-tenant', 'rcm-rotator-tenant'),
    kmsKeyId: environment.RCM_KMS_KEY_ID ?? '',
    credentials: aws?.taskCredentials(taskRoleName('rotator')),
    furtherPlaces: testEnvironment.further.map(({ accountId, region, endpoint }) => ({ accountId, region, endpoint })),
  });
  try {
    return await act(stores);
  } finally {
    await stores.close();
  }
}

/**
 * A new password for a seed's login, made current with the metadata of a rotation; `alter` may spoil the payload on the way. `unknown` to the
 * journal is what a person makes who copies a payload with its metadata.
 */
export async function rotate(
  testEnvironment: TestEnvironment,
  migration: Migration,
  seed: Seed,
  alter: (payload: Record<string, unknown>) => Record<string, unknown>,
  journal: 'known' | 'unknown' = 'known',
): Promise<void> {
  const row = await findEndpoint(migration.db, { endpointId: seed.id });
  if (!row?.secretArn || !row.currentVersion) throw new Error(`${seed.id} is not migrated`);
  const [base, attemptId] = [row.currentVersion, randomUUID()];
  const before = parsePayload(new Secret((await stored(migration, seed)).text));
  const after = withPassword(before, { password: new Secret(`rotated-${attemptId}`), attemptId, counter: 1, now: new Date() });
  const text = serializePayload(after.map((payload) => alter(payload) as typeof payload));
  // Not by `promote`, which refuses a copy that undoes fields: what verify is to find has got past that.
  const { version } = await asRotator(testEnvironment, (stores) => stores.forTenant(seed.orgId).replace(parseReference(row.secretArn ?? ''), text, base));
  await testEnvironment.db.transaction('every tenant', async (tx) => {
    if (journal === 'known')
      await tx.$executeRaw`
        INSERT INTO rotation_attempt (id, login_identity, org_id, endpoint_id, portal_type_code, state, fence, owner, reason, secret_arn, base_version, promoted_version, recipe_hash, ended_at)
        SELECT ${attemptId}::uuid, login_identity, org_id, id, portal_type_code, 'done', 1, 'rotator', 'due', secret_arn, ${base}, ${version}, 'h', now() FROM integration_endpoint WHERE id = ${seed.id}`;
    await tx.$executeRaw`UPDATE integration_endpoint SET current_version = ${version} WHERE id = ${seed.id}`;
  });
}
