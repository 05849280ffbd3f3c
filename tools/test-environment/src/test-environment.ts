import { randomBytes } from 'node:crypto';
import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  appRoleFolder,
  createKmsDataKeys,
  createTenantStores,
  credentialReference,
  formatReference,
  generatePassword,
  type IdentityKeys,
  loginIdentity,
  type NewPlace,
  parsePasswordRules,
  parsePayload,
  parseReference,
  payloadFingerprint,
  type SecretTags,
  serializePayload,
  type StoredSecret,
  type TenantStores,
} from '@rcm/credentials';
import { platformPolicies, taskRoleName, type TenantApp } from '@rcm/credentials/policies';
import { type AppRole, type Database, openDatabase } from '@rcm/db';
import { insertEndpoint, upsertOrganization, upsertPortalType } from '@rcm/db/admin';
import { recordMigrated } from '@rcm/db/migration';
import { migrateWithLogins, urlFor } from '@rcm/db/testing';
import { type RealmCode, startDemoPortals } from '@rcm/demo-portals';
import { type LocalAws, type LocalAwsOptions, Regions, startLocalAws } from '@rcm/local-aws';
import { type PortalCode, portalTypes } from '@rcm/platform/seed';
import type { Recipe } from '@rcm/portal-drivers';
import { patientRecipe } from '@rcm/portal-drivers/testing';
import { Secret } from '@rcm/telemetry';
import { asRoot, compileCache, freshDatabase } from '@rcm/test-services';
import { type PortalControl, portalControl } from './portal-control.ts';
import { type EnvironmentVault, startEnvironmentVault } from './vault.ts';

export interface TestEnvironmentOptions {
  /** One endpoint for each entry, named `<portal>-<number>`. */
  readonly endpoints: readonly PortalCode[];
  /** Overrides of every portal type, for example shorter windows. */
  readonly portalType?: Partial<Awaited<ReturnType<typeof portalTypes>>[number]>;
  /** Superuser URL of a Postgres server. Default: the test run's. */
  readonly server?: string;
  /** Window and length of the portals' lockouts, in ms. Default: 15 minutes. */
  readonly lockoutWindowMs?: number;
  /** Whether the account has a second region, empty at first, whose copies every app is told to keep. Default: `false`. */
  readonly secondRegion?: boolean;
  /** Further AWS accounts that hold secrets, empty at first, by their ids. Default: none. */
  readonly furtherAccounts?: readonly string[];
}

export type StoreKind = 'ssm' | 'secrets-manager' | 'vault';

export interface EnvironmentEndpoint {
  readonly id: string;
  readonly orgId: string;
  /** Where its account is. */
  readonly portal: RealmCode;
  readonly username: string;
  readonly secretArn: string;
  readonly loginIdentity: string;
}

export interface TestEnvironment {
  readonly db: Database;
  readonly databaseUrl: string;
  /** The database as an app's process sees it. Closed by `close`. */
  databaseAs(role: AppRole): Database;
  /** Under the policies that AWS would have: `aws.taskCredentials(taskRoleName(app))` are the keys of an app's own process. */
  readonly aws: LocalAws;
  /** The same account elsewhere; `null`: there is no second region. */
  readonly replica: LocalAws | null;
  /** Further accounts, in the order in which they were asked for. */
  readonly further: readonly LocalAws[];
  readonly vault: EnvironmentVault;
  readonly stores: TenantStores;
  /** As a rotator has them: in Vault only it sees the copies of rotations, and it creates no secret. */
  readonly rotatorStores: TenantStores;
  /** What every app of this test environment knows accounts and passwords by. */
  readonly identityKeys: IdentityKeys;
  readonly portals: PortalControl;
  /** The one organization, and the environment in every path. */
  readonly orgId: string;
  readonly environmentName: string;
  readonly endpoints: readonly EnvironmentEndpoint[];
  /** One more login, migrated, named `<portal>-<number>`. */
  addEndpoint(portal: PortalCode, store?: StoreKind, account?: string): Promise<EnvironmentEndpoint>;
  endpoint(id: string): EnvironmentEndpoint;
  /** Whether the portal accepts what the store holds as current. */
  portalAcceptsStore(id: string): Promise<boolean>;
  /** Where the store holds a password that the portal accepts; `none`: neither as current, nor as the copy of a rotation, nor in an earlier version that a rotator can read. */
  acceptedFrom(id: string): Promise<'current' | 'copy' | 'none'>;
  /** What an app's process needs in its environment, secrets as files; the tenant role is the test's to name. */
  environmentOf(role: keyof typeof PARTS): Readonly<Record<string, string>>;
  close(): Promise<void>;
}

const ENVIRONMENT = 'test';
const ACCOUNT = '123456789012';
const ORGANIZATION = 'hospital-one';
const REGIONS = ['us-east-1', 'us-west-2'] as const;
const PARTS = { rcm_agent: 'agent', rcm_rotator: 'rotator', rcm_migrator: 'migrator' } as const;

interface Accounts {
  readonly aws: LocalAws;
  readonly replica: LocalAws | null;
  readonly further: readonly LocalAws[];
}

/** Keys are an account's, whatever the region, and a process has one pair of them: so all are made of one root. */
async function startAccounts(folder: string, { secondRegion = false, furtherAccounts = [] }: TestEnvironmentOptions): Promise<Accounts> {
  const [first, second] = REGIONS;
  const regions = secondRegion ? [...REGIONS] : [first];
  const policiesOf = (accountId: string) => platformPolicies({ accountId, regions, environment: ENVIRONMENT });
  if (!secondRegion && furtherAccounts.length === 0) return { aws: await startLocalAws({ enforce: policiesOf(ACCOUNT) }), replica: null, further: [] };
  const root = join(folder, `${first}.sqlite`);
  const replicating = new Regions();
  const aws = await startLocalAws({ enforce: policiesOf(ACCOUNT), dataFile: root, regions: replicating });
  const another = async (accountId: string, region: string, options: LocalAwsOptions = {}): Promise<LocalAws> => {
    const dataFile = join(folder, `${accountId}-${region}.sqlite`);
    await copyFile(`${root}.hsm`, `${dataFile}.hsm`);
    return startLocalAws({ ...options, enforce: policiesOf(accountId), dataFile, accountId, region });
  };
  const replica = secondRegion ? await another(ACCOUNT, second, { regions: replicating }) : null;
  return { aws, replica, further: await Promise.all(furtherAccounts.map((accountId) => another(accountId, first))) };
}

/** What a further account's key goes by. */
const ALIAS = 'alias/rcm-credentials';
const placeOf = ({ accountId, region, endpoint }: LocalAws) => ({ account: accountId, region, endpoint, kms_key_id: ALIAS });

const tagsOf = (portal: RealmCode): SecretTags => ({ TenantId: ORGANIZATION, Environment: ENVIRONMENT, PortalType: portal });

/** Everything migrated already: secrets in the store, references and identities in the rows, the same logins at the portals. */
export async function openTestEnvironment(options: TestEnvironmentOptions): Promise<TestEnvironment> {
  const folder = await mkdtemp(join(tmpdir(), 'rcm-environment-'));
  const server = options.server === undefined ? {} : { server: options.server };
  const database = await freshDatabase({ migrate: migrateWithLogins, ...server });
  const asApps: Database[] = [];
  const { aws, replica, further } = await startAccounts(folder, options);
  // As a web-agent has them.
  const dataKeys = createKmsDataKeys({
    ...{ region: aws.region, endpoint: aws.endpoint, environment: ENVIRONMENT, kmsKeyId: aws.kmsKeyArn },
    roleArn: aws.tenantRoleArn('agent'),
    credentials: aws.taskCredentials(taskRoleName('agent')),
  });
  const db = openDatabase({ url: database.url, applicationName: 'test-environment', dataKeys });
  const vault = await startEnvironmentVault({ folder, orgId: ORGANIZATION, environment: ENVIRONMENT });
  const demo = await startDemoPortals(options.lockoutWindowMs === undefined ? {} : { lockoutWindowMs: options.lockoutWindowMs });
  const portals = portalControl(demo.control.baseUrl);
  const storesWith = (inVault: 'migrator' | 'rotator'): TenantStores =>
    createTenantStores({
      region: aws.region,
      endpoint: aws.endpoint,
      environment: ENVIRONMENT,
      // The one app that may both create a secret and change it, as a test does that plays a person.
      roleArn: aws.tenantRoleArn('rotator'),
      kmsKeyId: aws.kmsKeyArn,
      credentials: aws.taskCredentials(taskRoleName('rotator')),
      vault: { address: vault.address, mount: vault.mount, appRole: appRoleFolder(vault.folderOf(inVault)) },
      furtherPlaces: further.map(({ accountId, region, endpoint }) => ({ accountId, region, endpoint, kmsKeyId: ALIAS })),
    });
  const stores = storesWith('migrator');
  const rotatorStores = storesWith('rotator');
  const key = new Secret(randomBytes(32).toString('hex'));
  const identityKeys: IdentityKeys = { current: { id: '1', key } };
  const types = await portalTypes({ alpine: demo.portals.alpine.baseUrl, borealis: demo.portals.borealis.baseUrl, cascade: demo.portals.cascade.baseUrl });
  await upsertOrganization(db, { id: ORGANIZATION, name: 'Hospital One' });
  for (const each of types) {
    const type = { ...each, ...options.portalType };
    await upsertPortalType(db, { ...type, recipe: patientRecipe(type.recipe as Recipe) });
  }

  const add = async (portal: PortalCode, number: number, store: StoreKind = 'ssm', accountId: string = aws.accountId): Promise<EnvironmentEndpoint> => {
    const id = `${portal}-${number}`;
    const baseUrl = demo.portals[portal].baseUrl;
    const username = portal === 'cascade' ? `USER${number}` : `user-${number}`;
    const rules = types.find((type) => type.code === portal)?.passwordRules ?? '';
    const password = generatePassword(parsePasswordRules(rules)).reveal();
    const mfaSeed = portal === 'borealis' ? { mfa_seed: 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP' } : {};
    await portals.createAccount({ portal, username, password, ...(mfaSeed.mfa_seed ? { mfaSeed: mfaSeed.mfa_seed } : {}) });
    await insertEndpoint(db, { id, orgId: ORGANIZATION, portalTypeCode: portal, accountId: `account-${number}`, baseUrl });
    const text = serializePayload(parsePayload(new Secret(JSON.stringify({ username, password, ...mfaSeed }))));
    const place: NewPlace = store === 'vault' ? { store, mount: vault.mount } : { store, partition: 'aws', region: aws.region, accountId };
    const reference = credentialReference({ ...place, environment: ENVIRONMENT, orgId: ORGANIZATION, endpointId: id, portalAccountId: `account-${number}` });
    const created = await stores.forTenant(ORGANIZATION).create(reference, text, tagsOf(portal));
    const secretArn = formatReference(created.reference);
    const type = types.find(({ code }) => code === portal);
    const realm = { realm: type?.accountRealm ?? portal, usernameCase: type?.usernameCase ?? 'exact' } as const;
    const { id: identity } = loginIdentity(identityKeys, realm, username);
    await recordMigrated(db, {
      endpointId: id,
      orgId: ORGANIZATION,
      secretArn,
      version: created.version,
      loginIdentity: identity,
      fingerprint: payloadFingerprint({ key, text }),
    });
    return { id, orgId: ORGANIZATION, portal, username, secretArn, loginIdentity: identity };
  };
  const endpoints: EnvironmentEndpoint[] = [];
  for (const [index, portal] of options.endpoints.entries()) endpoints.push(await add(portal, index + 1));
  let numbered = endpoints.length;

  const endpoint = (id: string): EnvironmentEndpoint => {
    const found = endpoints.find((e) => e.id === id);
    if (!found) throw new Error(`the test environment has no endpoint ${id}`);
    return found;
  };
  /** Whether the portal accepts each payload that the store has: current first, then the copies of rotations, then what was current before. */
  async function* accepted(id: string): AsyncGenerator<boolean, undefined> {
    const { orgId, secretArn, portal, username } = endpoint(id);
    const [store, reference] = [rotatorStores.forTenant(orgId), parseReference(secretArn)];
    const accepts = async (held: StoredSecret | null): Promise<boolean> =>
      held !== null && (await portals.accepts({ portal, username, password: parsePayload(held.text).reveal().password }));
    const current = await store.read(reference);
    yield await accepts(current);
    for (const attemptId of await store.listStaged(reference))
      yield await accepts(await store.readStaged({ current: reference, attemptId, tags: tagsOf(portal) }));
    for (let held = current && (await store.readBefore(reference, current.version)); held; held = await store.readBefore(reference, held.version))
      yield await accepts(held);
  }
  const file = async (name: string, text: string) => {
    const path = join(folder, name);
    await writeFile(path, text, { mode: 0o600 });
    return path;
  };
  const databaseUrlFiles = {
    rcm_agent: await file('database-url-agent', urlFor('rcm_agent', database.url)),
    rcm_rotator: await file('database-url-rotator', urlFor('rcm_rotator', database.url)),
    rcm_migrator: await file('database-url-migrator', urlFor('rcm_migrator', database.url)),
  };
  const identityKeyFile = await file('identity-key', key.reveal());
  const awsCredentialsFileOf = async (app: TenantApp) => {
    const { accessKeyId, secretAccessKey, sessionToken } = aws.taskCredentials(taskRoleName(app));
    const keys = { aws_access_key_id: accessKeyId, aws_secret_access_key: secretAccessKey, aws_session_token: sessionToken };
    return file(
      `aws-credentials-${app}`,
      `[default]\n${Object.entries(keys)
        .map(([name, value]) => `${name} = ${value}\n`)
        .join('')}`,
    );
  };
  const awsCredentialsFiles = {
    agent: await awsCredentialsFileOf('agent'),
    rotator: await awsCredentialsFileOf('rotator'),
    migrator: await awsCredentialsFileOf('migrator'),
  };
  return {
    db,
    databaseUrl: database.url,
    databaseAs(role) {
      const opened = openDatabase({ url: urlFor(role, database.url), applicationName: `test-environment ${role}`, role, dataKeys });
      asApps.push(opened);
      return opened;
    },
    aws,
    replica,
    further,
    vault,
    stores,
    rotatorStores,
    identityKeys,
    portals,
    orgId: ORGANIZATION,
    environmentName: ENVIRONMENT,
    endpoints,
    endpoint,
    async addEndpoint(portal, store, account) {
      numbered += 1;
      const added = await add(portal, numbered, store, account);
      endpoints.push(added);
      return added;
    },
    async portalAcceptsStore(id) {
      return (await accepted(id).next()).value === true;
    },
    async acceptedFrom(id) {
      let held: 'current' | 'copy' = 'current';
      for await (const accepts of accepted(id)) {
        if (accepts) return held;
        held = 'copy';
      }
      return 'none';
    },
    environmentOf: (role) => ({
      ...asRoot(),
      ...compileCache(),
      RCM_DATABASE_URL_FILE: databaseUrlFiles[role],
      RCM_IDENTITY_KEY_FILE: identityKeyFile,
      RCM_ENVIRONMENT: ENVIRONMENT,
      RCM_AWS_REGION: aws.region,
      RCM_AWS_ENDPOINT: aws.endpoint,
      RCM_AWS_ACCOUNT_ID: aws.accountId,
      RCM_KMS_KEY_ID: aws.kmsKeyArn,
      ...(replica ? { RCM_AWS_REPLICA_REGION: replica.region, RCM_AWS_REPLICA_ENDPOINT: replica.endpoint, RCM_AWS_REPLICA_KMS_KEY_ID: replica.kmsKeyArn } : {}),
      ...(further.length > 0 ? { RCM_STORE_PLACES: JSON.stringify(further.map(placeOf)) } : {}),
      AWS_SHARED_CREDENTIALS_FILE: awsCredentialsFiles[PARTS[role]],
      RCM_VAULT_ADDRESS: vault.address,
      RCM_VAULT_MOUNT: vault.mount,
      RCM_VAULT_APPROLE_FOLDER: vault.folderOf(PARTS[role]),
    }),
    async close() {
      await Promise.all([stores, rotatorStores].map((each) => each.close()));
      await Promise.all([db, ...asApps].map((each) => each.close()));
      await dataKeys.close();
      await demo.close();
      await vault.close();
      await Promise.all([aws, replica, ...further].map((each) => each?.close()));
      await database.drop().finally(() => rm(folder, { recursive: true, force: true }));
    },
  };
}
