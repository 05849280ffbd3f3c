import { type Clock, isId, RcmError } from '@rcm/telemetry';
import type { AwsAccess } from '../stores/aws-client.ts';
import { createSecretsManagerStore } from '../stores/secrets-manager.ts';
import type { SsmTier } from '../stores/size-policy.ts';
import { createSsmStore } from '../stores/ssm.ts';
import type { SecretReader, SecretStore } from '../stores/store.ts';
import { ClientPool } from './client-pool.ts';
import { createOwnedStore, type TenantBackends } from './owned-store.ts';
import { createTenantSessions } from './tenant-sessions.ts';

export interface TenantStoresOptions extends AwsAccess {
  readonly environment: string;
  /** ARN, id or alias of the customer key that encrypts every secret. */
  readonly kmsKeyId: string;
  /** The role to assume once per tenant. Exactly one of this and `dedicatedOrgId` is given. */
  readonly roleArn?: string | undefined;
  /** A deployment for one organization: the process's own credentials serve it, and nobody else is served. */
  readonly dedicatedOrgId?: string | undefined;
  /** Tenants whose clients and connections are kept. Default 200; the one longest unused is closed first. */
  readonly maxTenants?: number;
  /** Largest SSM tier that may be used. Default `Standard`. */
  readonly largestTier?: SsmTier;
  /** Deadline of one call, retries included, in ms. Default 10 000. */
  readonly deadlineMs?: number;
  readonly clock?: Clock;
}

/** What an agent is given: there is no way from here to a write or to a staged copy. */
export interface TenantReaders {
  forTenant(orgId: string): SecretReader;
  close(): Promise<void>;
}

/** What a rotator or migrator is given. */
export interface TenantStores extends TenantReaders {
  forTenant(orgId: string): SecretStore;
}

/**
 * The secrets of many tenants, each reached with that tenant's own session. `forTenant` makes no call; a reference of another
 * organization, environment, AWS account or region fails with `reference_not_yours` before any. Fails with `config_invalid`.
 */
export function createTenantStores(options: TenantStoresOptions): TenantStores {
  const { roleArn, dedicatedOrgId, environment, maxTenants = 200, kmsKeyId, clock, deadlineMs, largestTier, ...access } = options;
  if ((roleArn === undefined) === (dedicatedOrgId === undefined)) {
    throw new RcmError(
      'config_invalid',
      'Secrets need either a tenant role (RCM_TENANT_ROLE_ARN) or, in a dedicated deployment, the one organization it serves (RCM_DEDICATED_ORG_ID).',
    );
  }
  const timing = { ...(clock ? { clock } : {}), ...(deadlineMs === undefined ? {} : { deadlineMs }) };
  const sessions = roleArn === undefined ? null : createTenantSessions({ ...access, environment, roleArn, ...(clock ? { clock } : {}) });
  const pool = new ClientPool<TenantBackends>(maxTenants, (orgId) => {
    const asTenant: AwsAccess = sessions ? { ...access, credentials: () => sessions.get(orgId) } : access;
    return {
      ssm: createSsmStore({ ...asTenant, ...timing, kmsKeyId, ...(largestTier ? { largestTier } : {}) }),
      'secrets-manager': createSecretsManagerStore({ ...asTenant, ...timing, kmsKeyId }),
    };
  });
  const accountId = roleArn?.split(':')[4] ?? null;
  return {
    forTenant(orgId) {
      if (!isId(orgId)) throw new RcmError('reference_not_yours', 'The asking organization is not an id.');
      if (dedicatedOrgId !== undefined && orgId !== dedicatedOrgId)
        throw new RcmError('reference_not_yours', 'This deployment serves one organization, and it is another one.');
      return createOwnedStore({ orgId, environment, region: access.region, accountId, use: (act) => pool.use(orgId, act) });
    },
    async close() {
      await pool.close();
      sessions?.close();
    },
  };
}

/**
 * The same for an agent: only the reading half of each store is there, whatever the caller's types say. A call is tried once by
 * default: the CredentialManager above repeats it, at the pace of the quota and where it is counted.
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
