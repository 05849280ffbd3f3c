import { RcmError } from '@rcm/telemetry';
import { partitionOfRegion } from './aws-partition.ts';
import type { CredentialsConfig } from './environment.ts';
import type { NewPlace, SecretReference } from './reference.ts';
import { appRoleFolder } from './tenancy/app-role-folder.ts';
import type { TenantStoresOptions } from './tenancy/tenant-stores.ts';

type StoresConfig = Omit<CredentialsConfig, `RCM_${'' | 'PREVIOUS_'}IDENTITY_KEY${'' | '_ID'}`>;

/**
 * The stores of a configuration that `checkStores` has seen, for `createTenantStores` and `createTenantReaders`.
 *
 * @example
 * ```ts
 * const config = z.object(credentialsEnvironment).superRefine(checkStores).parse(process.env);
 * const stores = createTenantStores({ ...tenantStoresOptions(config), processName: 'rotator-1' });
 * ```
 */
export const tenantStoresOptions = (config: StoresConfig): TenantStoresOptions => ({
  environment: config.RCM_ENVIRONMENT,
  region: config.RCM_AWS_REGION,
  endpoint: config.RCM_AWS_ENDPOINT,
  kmsKeyId: config.RCM_KMS_KEY_ID,
  roleArn: config.RCM_TENANT_ROLE_ARN,
  accountId: config.RCM_AWS_ACCOUNT_ID,
  dedicatedOrgId: config.RCM_DEDICATED_ORG_ID,
  furtherPlaces: config.RCM_STORE_PLACES,
  maxTenants: config.RCM_TENANT_CLIENTS,
  maxSessions: config.RCM_TENANT_SESSIONS,
  largestTier: config.RCM_LARGE_PAYLOADS === 'advanced' ? 'Advanced' : 'Standard',
  vault: vaultOptions(config),
});

function vaultOptions(config: StoresConfig): TenantStoresOptions['vault'] {
  const { RCM_VAULT_ADDRESS: address, RCM_VAULT_NAMESPACE: namespace, RCM_VAULT_MOUNT: mount, RCM_VAULT_APPROLE_FOLDER: folder } = config;
  if (address === undefined || mount === undefined || folder === undefined) return undefined;
  return { address, namespace, mount, appRoleMount: config.RCM_VAULT_APPROLE_MOUNT, appRole: appRoleFolder(folder) };
}

/**
 * Everywhere that this deployment creates secrets, whichever store it is set to.
 *
 * @example
 * ```ts
 * const config = z.object(credentialsEnvironment).superRefine(checkStores).parse(process.env);
 * const places = secretPlaces(config).map(placeKey);
 * ```
 */
export function secretPlaces(config: StoresConfig): readonly NewPlace[] {
  const { RCM_AWS_REGION: region, RCM_VAULT_MOUNT: mount } = config;
  const accountId = config.RCM_AWS_ACCOUNT_ID ?? config.RCM_TENANT_ROLE_ARN?.split(':')[4];
  const stores = [...(region === undefined ? [] : (['ssm', 'secrets-manager'] as const)), ...(mount === undefined ? [] : (['vault'] as const))];
  return stores.flatMap((store) => newSecretPlaces({ ...config, RCM_AWS_ACCOUNT_ID: accountId }, store));
}

/**
 * Where new secrets of a store are created: in the first of these that has room. Fails with `config_invalid` where the deployment has no such store.
 *
 * @example
 * ```ts
 * const config = z.object(credentialsEnvironment).superRefine(checkStores).parse(process.env);
 * const [place] = newSecretPlaces(config, 'ssm');
 * const wanted = { environment: config.RCM_ENVIRONMENT, orgId: 'hospital-a', endpointId: 'endpoint-1', portalAccountId: 'account-1' };
 * const reference = credentialReference({ ...place, ...wanted });
 * ```
 */
export function newSecretPlaces(config: StoresConfig, store: SecretReference['store']): readonly [NewPlace, ...NewPlace[]] {
  const { RCM_AWS_REGION: region, RCM_AWS_ACCOUNT_ID: accountId, RCM_VAULT_MOUNT: mount, RCM_STORE_PLACES: further = [] } = config;
  if (store === 'vault' && mount !== undefined) return [{ store, mount }];
  const inAws = (place: { readonly region: string; readonly accountId: string }): NewPlace => ({
    ...{ store: store === 'vault' ? 'ssm' : store, partition: partitionOfRegion(place.region) },
    ...{ region: place.region, accountId: place.accountId },
  });
  if (store !== 'vault' && region !== undefined && accountId !== undefined) return [inAws({ region, accountId }), ...further.map(inAws)];
  throw new RcmError(
    'config_invalid',
    `New secrets are to be created in ${store}, and this deployment has none (RCM_${store === 'vault' ? 'VAULT_ADDRESS' : 'AWS_REGION'}).`,
  );
}
