import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  appRoleFolder,
  createKmsDataKeys,
  createTenantStores,
  type IdentityKeys,
  parsePayload,
  parseReference,
  type StoredSecret,
  type TenantStores,
} from '@rcm/credentials';
import { taskRoleName } from '@rcm/credentials/policies';
import { type AppRole, type Database, openDatabase } from '@rcm/db';
import { upsertOrganization, upsertPortalType } from '@rcm/db/admin';
import { migrateWithLogins, urlFor } from '@rcm/db/testing';
import { startDemoPortals } from '@rcm/demo-portals';
import type { LocalAws } from '@rcm/local-aws';
import { type PortalCode, portalTypes } from '@rcm/platform/seed';
import type { Recipe } from '@rcm/portal-drivers';
import { patientRecipe } from '@rcm/portal-drivers/testing';
import { Secret } from '@rcm/telemetry';
import { freshDatabase } from '@rcm/test-services';
import { type AccountsWanted, ALIAS, startAccounts } from './accounts.ts';
import { addMigratedLogin, type EnvironmentEndpoint, type StoreKind, tagsOf } from './migrated-login.ts';
import { ENVIRONMENT, ORGANIZATION } from './names.ts';
import { type PortalControl, portalControl } from './portal-control.ts';
import { type ProcessRole, processEnvironments } from './process-environment.ts';
import { type EnvironmentVault, startEnvironmentVault } from './vault.ts';

export interface TestEnvironmentOptions extends AccountsWanted {
  /** One endpoint for each entry, named `<portal>-<number>`. */
  readonly endpoints: readonly PortalCode[];
  /** Overrides of every portal type, for example shorter windows. */
  readonly portalType?: Partial<Awaited<ReturnType<typeof portalTypes>>[number]>;
  /** Superuser URL of a Postgres server. Default: the test run's. */
  readonly server?: string;
  /** Window and length of the portals' lockouts, in ms. Default: 15 minutes. */
  readonly lockoutWindowMs?: number;
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
  environmentOf(role: ProcessRole): Readonly<Record<string, string>>;
  close(): Promise<void>;
}

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
  const baseUrls = { alpine: demo.portals.alpine.baseUrl, borealis: demo.portals.borealis.baseUrl, cascade: demo.portals.cascade.baseUrl };
  const types = await portalTypes(baseUrls);
  await upsertOrganization(db, { id: ORGANIZATION, name: 'Hospital One' });
  for (const each of types) {
    const type = { ...each, ...options.portalType };
    await upsertPortalType(db, { ...type, recipe: patientRecipe(type.recipe as Recipe) });
  }
  const parts = { db, aws, vault, stores, portals, baseUrls, types, identityKeys };
  const endpoints: EnvironmentEndpoint[] = [];
  for (const [index, portal] of options.endpoints.entries()) endpoints.push(await addMigratedLogin(parts, { portal, number: index + 1 }));
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
  const accounts = { aws, replica, further };
  const environmentOf = await processEnvironments({ folder, databaseUrl: database.url, identityKey: key, accounts, vault });
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
      const added = await addMigratedLogin(parts, { portal, number: numbered, store, accountId: account });
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
    environmentOf,
    async close() {
      await Promise.all([stores, rotatorStores].map((each) => each.close()));
      await Promise.all([db, ...asApps].map((each) => each.close()));
      await dataKeys.close();
      await demo.close();
      await vault.close();
      await Promise.all([aws, ...(replica ? [replica] : []), ...further].map((each) => each.close()));
      await database.drop().finally(() => rm(folder, { recursive: true, force: true }));
    },
  };
}
