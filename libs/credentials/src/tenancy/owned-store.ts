import { RcmError } from '@rcm/telemetry';
import type { SecretReference } from '../reference.ts';
import type { ClosableSecretStore, ReadAnswer, SecretStore } from '../stores/store.ts';

export type TenantBackends = Readonly<Record<'ssm' | 'secrets-manager', ClosableSecretStore>>;

export interface OwnedStoreOptions {
  readonly orgId: string;
  readonly environment: string;
  readonly region: string;
  /** The AWS account of the tenant role; `null` in a dedicated deployment, where IAM alone decides. */
  readonly accountId: string | null;
  readonly use: <T>(act: (backends: TenantBackends) => Promise<T>) => Promise<T>;
}

const BATCH_SIZE = 10;

/** One tenant's secrets in whichever store a reference names. Every method asks first whether the reference is this tenant's. */
export function createOwnedStore(owner: OwnedStoreOptions): SecretStore {
  const on = async <T>(reference: SecretReference, act: (store: SecretStore) => Promise<T>): Promise<T> => {
    const kind = ownedKind(owner, reference);
    return owner.use((backends) => act(backends[kind]));
  };
  return {
    batchSize: BATCH_SIZE,
    read: (reference, options) => on(reference, (store) => store.read(reference, options)),
    async readMany(references, options) {
      const byKind = Map.groupBy(references, (reference) => ownedKind(owner, reference));
      const answers = await owner.use((backends) => Promise.all([...byKind].map(([kind, own]) => backends[kind].readMany(own, options))));
      return new Map<string, ReadAnswer>(answers.flatMap((answer) => [...answer]));
    },
    async create(reference, text, tags, options) {
      checkTags(owner, tags);
      return on(reference, (store) => store.create(reference, text, tags, options));
    },
    replace: (reference, text, base, options) => on(reference, (store) => store.replace(reference, text, base, options)),
    async stage(slot, text, options) {
      checkTags(owner, slot.tags);
      return on(slot.current, (store) => store.stage(slot, text, options));
    },
    readStaged: (slot, options) => on(slot.current, (store) => store.readStaged(slot, options)),
    promote: (slot, base, options) => on(slot.current, (store) => store.promote(slot, base, options)),
    discard: (slot, options) => on(slot.current, (store) => store.discard(slot, options)),
  };
}

/** Fails with `reference_not_yours`; the message names neither organization. */
function ownedKind(owner: OwnedStoreOptions, reference: SecretReference): keyof TenantBackends {
  if (reference.organizationId !== owner.orgId) throw notYours('another organization');
  if (reference.environment !== owner.environment) throw notYours('another environment');
  if (reference.store === 'vault') throw new RcmError('reference_invalid', 'The secret lies in a Vault, and this deployment has none.');
  if (reference.region !== owner.region) throw notYours('another region');
  if (owner.accountId !== null && reference.accountId !== owner.accountId) throw notYours('another AWS account');
  return reference.store;
}

/** A tenant's policies match on these: a secret with somebody else's tags would be somebody else's. */
function checkTags(owner: OwnedStoreOptions, tags: { readonly TenantId: string; readonly Environment: string }): void {
  if (tags.TenantId !== owner.orgId || tags.Environment !== owner.environment) throw notYours('tags of another organization or environment');
}

const notYours = (what: string): RcmError => new RcmError('reference_not_yours', `The secret reference is not the asking organization's: ${what}.`);
