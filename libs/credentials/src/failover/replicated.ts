import { type Metrics, RcmError } from '@rcm/telemetry';
import { countAttempts } from '../stores/quota-counts.ts';
import type { FurtherPlace } from '../tenancy/further-places.ts';
import { createTenantReaders, createTenantStores, type TenantReaders, type TenantStores, type TenantStoresOptions } from '../tenancy/tenant-stores.ts';
import { type CopyingStores, type CopyingStoresOptions, createCopyingStores } from './copying-stores.ts';
import { createFailoverReaders, type FailoverReadersOptions } from './failover-readers.ts';
import type { ReplicaConfig } from './replica-environment.ts';

interface Replicated {
  readonly stores: TenantStoresOptions;
  readonly replica: ReplicaConfig;
  /** Of both regions: tenant sessions, and what failover and copies count. Of the first: what comes off the account's quotas. */
  readonly metrics: Metrics;
}

/**
 * An agent's readers: with a second region where one is configured, else plain ones. Fails with `config_invalid`.
 *
 * @example
 * ```ts
 * const config = z.object(credentialsEnvironment).superRefine(checkStores).parse(process.env);
 * const metrics = createMetrics();
 * const stores = createReplicatedReaders({ stores: { ...tenantStoresOptions(config), processName: 'agent-1' }, replica: config, metrics });
 * const credentials = createCredentialManager({ stores, metrics });
 * ```
 */
export function createReplicatedReaders({ replica, ...rest }: Replicated & Pick<FailoverReadersOptions, 'onTurn'>): TenantReaders {
  const stores = counted(rest);
  const primary = createTenantReaders(stores);
  const second = inSecondRegion(stores, replica);
  if (!second) return primary;
  return createFailoverReaders({ primary, replica: createTenantReaders(second), replicaRegion: second.region, ...rest });
}

/**
 * A writer's stores, which keep the copies where a second region is configured; `copies` is `null` where none is. Fails with `config_invalid`.
 *
 * @example
 * ```ts
 * const config = z.object(credentialsEnvironment).superRefine(checkStores).parse(process.env);
 * const { stores } = createReplicatedStores({
 *   ...{ stores: { ...tenantStoresOptions(config), processName: 'rotator-1' }, replica: config, metrics: createMetrics() },
 *   onBehind: ({ endpointId }, { code }) => console.warn('The copy is behind.', { endpointId, code }),
 * });
 * const store = stores.forTenant('hospital-a');
 * ```
 */
export function createReplicatedStores({ replica, ...rest }: Replicated & Pick<CopyingStoresOptions, 'onBehind'>): {
  readonly stores: TenantStores;
  readonly copies: Omit<CopyingStores, keyof TenantStores> | null;
} {
  const stores = counted(rest);
  const primary = createTenantStores(stores);
  const second = inSecondRegion(stores, replica);
  if (!second) return { stores: primary, copies: null };
  const replicaKeyOf = (accountId: string): string => second.furtherPlaces.find((place) => place.accountId === accountId)?.kmsKeyId ?? second.kmsKeyId;
  const places = { replicaRegion: second.region, replicaKeyOf };
  const copying = createCopyingStores({ primary, replica: createTenantStores(second), ...places, ...rest });
  return { stores: copying, copies: copying };
}

const counted = ({ stores, metrics }: Pick<Replicated, 'stores' | 'metrics'>): TenantStoresOptions => ({
  ...stores,
  metrics,
  onAttempt: countAttempts(metrics),
});

/** The same roles and tags: IAM has no regions. STS and KMS are the second region's own, for the first one's may be down with it. */
function inSecondRegion(
  stores: TenantStoresOptions,
  replica: ReplicaConfig,
): (TenantStoresOptions & { readonly region: string; readonly kmsKeyId: string; readonly furtherPlaces: readonly FurtherPlace[] }) | null {
  const { RCM_AWS_REPLICA_REGION: region, RCM_AWS_REPLICA_ENDPOINT: endpoint, RCM_AWS_REPLICA_KMS_KEY_ID: key } = replica;
  if (region === undefined) return null;
  const kmsKeyId = key ?? stores.kmsKeyId;
  if (stores.region === undefined || stores.region === region)
    throw new RcmError('config_invalid', 'RCM_AWS_REPLICA_REGION must be another region than RCM_AWS_REGION.');
  if (kmsKeyId === undefined) throw new RcmError('config_invalid', 'Secrets in AWS need the customer key that encrypts them (RCM_KMS_KEY_ID).');
  if (key === undefined && stores.kmsKeyId?.startsWith('arn:'))
    throw new RcmError('config_invalid', 'RCM_KMS_KEY_ID is the ARN of a key in the first region; name the second one’s in RCM_AWS_REPLICA_KMS_KEY_ID.');
  // An address of the first region is not one of the second, and neither are its quotas; a Vault is not read through here.
  return { ...stores, region, endpoint, kmsKeyId, furtherPlaces: copiesOf(stores, region), vault: undefined, onAttempt: undefined };
}

/** Copies of a further account's secrets lie in that account, and those of one in several regions in one. */
function copiesOf({ accountId, roleArn, furtherPlaces = [] }: TenantStoresOptions, region: string): readonly FurtherPlace[] {
  const first = roleArn?.split(':')[4] ?? accountId;
  const byAccount = Map.groupBy(furtherPlaces, (place) => place.accountId);
  return [...byAccount].flatMap(([account, [place]]): FurtherPlace[] =>
    account === first || !place
      ? []
      : [{ region, accountId: account, roleArn: place.roleArn, endpoint: place.replicaEndpoint, kmsKeyId: place.replicaKmsKeyId ?? aliasOf(place.kmsKeyId) }],
  );
}

/** The key of one region is none of another, but by an alias that both have. */
const aliasOf = (kmsKeyId: string | undefined): string | undefined => (kmsKeyId?.startsWith('arn:') ? undefined : kmsKeyId);
