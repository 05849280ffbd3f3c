import { type Clock, isId, RcmError } from '@rcm/telemetry';
import type { SecretReader, SecretStore } from '../stores/store.ts';
import { createAwsBackends, type TenantAwsOptions } from './aws-backends.ts';
import { ClientPool } from './client-pool.ts';
import { createOwnedDevices, type DeviceStore } from './owned-devices.ts';
import { createOwnedStore, type OnStrayCopies, type OwnedStoreOptions } from './owned-store.ts';
import { openClients } from './tenant-clients.ts';
import { createVaultBackends, type TenantVaultOptions } from './vault-backends.ts';

/** At least one of AWS (`region`) and Vault (`vault`); a reference says which of them it lies in. */
export interface TenantStoresOptions extends TenantAwsOptions {
  readonly environment: string;
  readonly vault?: TenantVaultOptions | undefined;
  /** A deployment for one organization: the process's own credentials serve it, and nobody else is served. */
  readonly dedicatedOrgId?: string | undefined;
  /** Tenants whose clients and connections are kept. Default 200; the one longest unused is closed first. */
  readonly maxTenants?: number;
  /** Deadline of one call, retries included, in ms. Default 10 000. */
  readonly deadlineMs?: number;
  readonly clock?: Clock;
  /** As `OwnedStoreOptions`. */
  readonly onStrayCopies?: OnStrayCopies | undefined;
}

/** What an agent is given: there is no way from here to a write or to a staged copy. */
export interface TenantReaders {
  forTenant(orgId: string): SecretReader;
  close(): Promise<void>;
}

/** Where the devices of many tenants' logins are kept, for whoever logs in. */
export interface TenantDevices {
  forTenant(orgId: string): DeviceStore;
  close(): Promise<void>;
}

/** What a rotator or migrator is given. */
export interface TenantStores extends TenantReaders {
  forTenant(orgId: string): SecretStore;
}

/**
 * The secrets of many tenants, each reached with that tenant's own session. `forTenant` makes no call; a reference of another
 * organization or environment, or of an AWS account, region or Vault mount that is none of the deployment's, fails with `reference_not_yours` before any. Fails with `config_invalid`.
 *
 * @example
 * ```ts
 * const config = z.object(credentialsEnvironment).superRefine(checkStores).parse(process.env);
 * const stores = createTenantStores({ ...tenantStoresOptions(config), processName: 'rotator-1' });
 * const reference = parseReference('vault:kv/rcm/prod/hospital-a/endpoints/endpoint-1/account-1');
 * const stored = await stores.forTenant('hospital-a').read(reference);
 * await stores.close();
 * ```
 */
export function createTenantStores(options: TenantStoresOptions): TenantStores {
  const { ownerOf, close } = openDeployment(options);
  return { forTenant: (orgId) => createOwnedStore(ownerOf(orgId)), close };
}

/**
 * What devices are kept in: of every store nothing else, whoever has it. Its clients are its own, made for tenants that have devices. Fails with `config_invalid`.
 *
 * @example
 * ```ts
 * const config = z.object(credentialsEnvironment).superRefine(checkStores).parse(process.env);
 * const devices = createTenantDevices({ ...tenantStoresOptions(config), processName: 'agent-1' });
 * const login = parseReference('vault:kv/rcm/prod/hospital-a/endpoints/endpoint-1/account-1');
 * const stored = await devices.forTenant('hospital-a').read(deviceReference(login, 'endpoint-1'));
 * await devices.close();
 * ```
 */
export function createTenantDevices(options: TenantStoresOptions): TenantDevices {
  const { ownerOf, close } = openDeployment({ maxAttempts: 1, ...options });
  return { forTenant: (orgId) => createOwnedDevices(ownerOf(orgId)), close };
}

function openDeployment(options: TenantStoresOptions) {
  const { environment, vault: vaultOptions, dedicatedOrgId, maxTenants = 200, clock, deadlineMs, onStrayCopies, ...awsOptions } = options;
  const shared = { environment, dedicatedOrgId, ...(clock ? { clock } : {}), ...(deadlineMs === undefined ? {} : { deadlineMs }) };
  const vault = createVaultBackends(vaultOptions, shared);
  const aws = createAwsBackends(awsOptions, shared);
  if (aws.length === 0 && !vault) throw new RcmError('config_invalid', 'Secrets need a store: AWS (RCM_AWS_REGION), Vault (RCM_VAULT_ADDRESS) or both.');
  const pool = new ClientPool(maxTenants, (orgId) => openClients(orgId, { aws, vault, maxAttempts: awsOptions.maxAttempts }));
  return {
    ownerOf(orgId: string): OwnedStoreOptions {
      if (!isId(orgId)) throw new RcmError('reference_not_yours', 'The asking organization is not an id.');
      if (dedicatedOrgId !== undefined && orgId !== dedicatedOrgId)
        throw new RcmError('reference_not_yours', 'This deployment serves one organization, and it is another one.');
      return { orgId, environment, aws, vault, use: (act) => pool.use(orgId, act), onStrayCopies };
    },
    async close(): Promise<void> {
      await pool.close();
      for (const place of aws) place.close();
    },
  };
}

/**
 * The same for an agent: only the reading half of each store is there, whatever the caller's types say. A call is tried once by
 * default: the CredentialManager above repeats it, at the pace of the quota and where it is counted.
 *
 * @example
 * ```ts
 * const config = z.object(credentialsEnvironment).superRefine(checkStores).parse(process.env);
 * const readers = createTenantReaders({ ...tenantStoresOptions(config), processName: 'agent-1' });
 * const credentials = createCredentialManager({ stores: readers, metrics: createMetrics() });
 * ```
 */
export function createTenantReaders(options: TenantStoresOptions): TenantReaders {
  const stores = createTenantStores({ maxAttempts: 1, ...options });
  return {
    forTenant(orgId) {
      const { batchSize, read, readMany } = stores.forTenant(orgId);
      return { batchSize, read, readMany };
    },
    close: () => stores.close(),
  };
}
