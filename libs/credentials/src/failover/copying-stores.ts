import { isRcmError, type Metrics, RcmError, withDeadline } from '@rcm/telemetry';
import type { SecretReference } from '../reference.ts';
import type { CallOptions, ReplicaOptions, ReplicaPlace, SecretStore, SecretTags, StoredSecret } from '../stores/store.ts';
import type { TenantStores } from '../tenancy/tenant-stores.ts';
import { inRegion } from './in-region.ts';
import { type KeepCopy, keepCopy, type KeptCopy } from './keep-copy.ts';

export interface CopyingStoresOptions {
  readonly primary: TenantStores;
  /** The same tenants' stores in the second region. */
  readonly replica: TenantStores;
  readonly replicaRegion: string;
  /** The customer key there of the account that a secret lies in, as that region knows it: what Secrets Manager encrypts its copies with. */
  readonly replicaKeyOf: (accountId: string) => string;
  readonly metrics: Metrics;
  /** A copy is behind now; nothing is lost. Told with names only. */
  readonly onBehind?: ((reference: SecretReference, error: RcmError) => void) | undefined;
  /** How long a write may wait for its copy, in ms. Default 5000. */
  readonly copyWaitMs?: number;
}

export interface CopyingStores extends TenantStores {
  /** Compares the copy in the second region with the secret and mends it; `beforeWrite` is awaited where it has to. Fails as a read or a write does. */
  repairCopy(reference: SecretReference, tags: SecretTags, call?: CallOptions & Pick<KeepCopy, 'beforeWrite'>): Promise<KeptCopy>;
  /** Where a secret's copy in the second region lies, if there is one; `null`: its store has no regions. */
  copyOf(reference: SecretReference): SecretReference | null;
  /** What the second region gives out at `copyOf`; `null`: nothing lies there. Fails as a read does. */
  readCopy(copy: SecretReference, call?: CallOptions): Promise<StoredSecret | null>;
}

/**
 * Writes to the first region as ever, and after each write that made a payload current sees to its copy in the second region: writes it for SSM, and has
 * Secrets Manager replicate what it does not replicate yet. A copy that cannot be had does not fail the write: it is counted and told, readers do not use it (it
 * names its version), and the next write or `repairCopy` mends it. No write ever goes to the second region alone.
 *
 * @example
 * ```ts
 * const shared = { environment: 'prod', roleArn: 'arn:aws:iam::123456789012:role/rcm-prod-rotator', kmsKeyId: 'alias/rcm-prod' };
 * const stores = createCopyingStores({
 *   primary: createTenantStores({ ...shared, region: 'us-east-1' }),
 *   replica: createTenantStores({ ...shared, region: 'us-west-2' }),
 *   ...{ replicaRegion: 'us-west-2', replicaKeyOf: () => shared.kmsKeyId, metrics: createMetrics() },
 * });
 * const reference = parseReference('arn:aws:ssm:us-east-1:123456789012:parameter/rcm/prod/hospital-a/endpoints/endpoint-1/account-1');
 * await stores.repairCopy(reference, { TenantId: 'hospital-a', Environment: 'prod', PortalType: 'alpine' });
 * ```
 */
export function createCopyingStores(options: CopyingStoresOptions): CopyingStores {
  const { primary, replica, replicaRegion, replicaKeyOf, metrics, onBehind, copyWaitMs = 5_000 } = options;
  const copies = metrics.counter('rcm_credential_copies_total');
  const copiesBehind = metrics.counter('rcm_credential_copies_behind_total');
  const repair = (
    reference: SecretReference,
    tags: SecretTags | null,
    { beforeWrite, ...call }: CallOptions & Pick<KeepCopy, 'beforeWrite'>,
  ): Promise<KeptCopy> => {
    const twin = inRegion(reference, replicaRegion);
    if (!twin) return Promise.resolve('not_kept');
    const [from, to] = [primary, replica].map((stores) => stores.forTenant(reference.organizationId));
    if (!from || !to) return Promise.resolve('not_kept');
    if (reference.store === 'secrets-manager') {
      const place = { region: replicaRegion, kmsKeyId: replicaKeyOf(reference.accountId) };
      return keepReplicated(from, reference, place, { ...call, beforeAsking: beforeWrite });
    }
    return keepCopy({ from, to, reference, twin, tags, call, beforeWrite });
  };
  const copyAfter = async (reference: SecretReference, tags: SecretTags | null): Promise<void> => {
    try {
      // Not the writer's own signal: what has become current is to be copied even where the writer stops here.
      const result = await withDeadline({ ms: copyWaitMs, what: 'Copying a secret to the second region' }, (signal) => repair(reference, tags, { signal }));
      if (result !== 'not_kept') copies.inc({ result });
    } catch (error) {
      copies.inc({ result: 'behind' });
      copiesBehind.inc();
      onBehind?.(reference, isRcmError(error) ? error : new RcmError('store_unavailable', 'The copy could not be written.'));
    }
  };
  return {
    forTenant(orgId) {
      const store = primary.forTenant(orgId);
      return {
        ...store,
        async create(reference, text, tags, call) {
          const created = await store.create(reference, text, tags, call);
          await copyAfter(created.reference, tags);
          return created;
        },
        async replace(reference, text, base, call) {
          const replaced = await store.replace(reference, text, base, call);
          await copyAfter(reference, null);
          return replaced;
        },
        async promote(slot, base, call) {
          const promoted = await store.promote(slot, base, call);
          await copyAfter(slot.current, slot.tags);
          return promoted;
        },
      } satisfies SecretStore;
    },
    repairCopy: (reference, tags, call = {}) => repair(reference, tags, call),
    copyOf: (reference) => inRegion(reference, replicaRegion),
    readCopy: (copy, call) => replica.forTenant(copy.organizationId).read(copy, call),
    async close() {
      await Promise.all([primary.close(), replica.close()]);
    },
  };
}

/** In the tenant's own session, as every write. A store that does not replicate by itself has none of its secrets here. */
async function keepReplicated({ keepReplica }: SecretStore, reference: SecretReference, place: ReplicaPlace, options: ReplicaOptions): Promise<KeptCopy> {
  if (!keepReplica) return 'not_kept';
  const state = await keepReplica(reference, place, options);
  return state === null ? 'gone' : KEPT[state];
}

const KEPT = { in_sync: 'current', under_way: 'replicating' } as const;
