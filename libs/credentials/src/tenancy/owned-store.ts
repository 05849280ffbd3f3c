import { isRcmError, RcmError } from '@rcm/telemetry';
import { isAttemptId } from '../attempt-id.ts';
import { parsePayload } from '../payload.ts';
import { checkedReference, placeKey, referenceKey, type SecretOwner, type SecretReference } from '../reference.ts';
import type { ReadAnswer, SecretReplicas, SecretStore } from '../stores/store.ts';
import { invalidReference } from '../refusal.ts';

/** One tenant's clients of the stores that the deployment has. */
export interface TenantBackends {
  /** The client for the place that the reference names; `undefined` where the deployment has none. */
  at(reference: SecretReference): SecretStore | undefined;
}

/** An AWS account in a region. */
export interface AwsPlaceName {
  readonly region: string;
  readonly accountId: string;
}

export interface OwnedStoreOptions {
  readonly orgId: string;
  readonly environment: string;
  /** Where the deployment's secrets in AWS lie; empty where it has none there. */
  readonly aws: readonly AwsPlaceName[];
  readonly vault: { readonly mount: string } | null;
  readonly use: <T>(act: (backends: TenantBackends) => Promise<T>) => Promise<T>;
  /** Told how many names `listStaged` has left out, which lie among this secret's copies and are no attempt's. Default: nobody is. */
  readonly onStrayCopies?: OnStrayCopies | undefined;
}

export type OnStrayCopies = (secret: SecretOwner, count: number) => void;

const BATCH_SIZE = 10;

/**
 * One tenant's secrets in whichever store a reference names. Every method asks first whether the reference is this tenant's,
 * and every write whether the text is a payload (`payload_invalid`). Among many, a reference that is not is answered with its
 * refusal and never asked for; the others are not refused with it. Of the names that lie among staged copies only those are told that are an attempt's: what
 * a person copied there is no copy of a rotation, and no journal knows it.
 */
export function createOwnedStore(owner: OwnedStoreOptions): SecretStore {
  const on = async <T>(reference: SecretReference, act: (store: SecretStore) => Promise<T>): Promise<T> => {
    checkLogin(reference);
    return onOwned(owner, reference, act);
  };
  return {
    batchSize: BATCH_SIZE,
    read: (reference, options) => on(reference, (store) => store.read(reference, options)),
    readVersion: (reference, version, options) => on(reference, (store) => store.readVersion(reference, version, options)),
    readBefore: (reference, version, options) => on(reference, (store) => store.readBefore(reference, version, options)),
    async readMany(references, options) {
      const refused = new Map<string, ReadAnswer>();
      const own = references.filter((reference) => {
        const refusal = refusalOf(owner, reference);
        if (refusal) refused.set(referenceKey(reference), refusal);
        return refusal === null;
      });
      if (own.length === 0) return refused;
      const byPlace = Object.values(Object.groupBy(own, placeKey)).filter((these) => these !== undefined);
      const answers = await owner.use((backends) =>
        Promise.all(byPlace.map((these) => backendOf(backends, these[0] as SecretReference).readMany(these, options))),
      );
      return new Map<string, ReadAnswer>([...refused, ...answers.flatMap((answer) => [...answer])]);
    },
    async create(reference, text, tags, options) {
      checkTags(owner, tags);
      parsePayload(text);
      return on(reference, (store) => store.create(reference, text, tags, options));
    },
    async replace(reference, text, base, options) {
      parsePayload(text);
      return on(reference, (store) => store.replace(reference, text, base, options));
    },
    async stage(slot, text, options) {
      checkTags(owner, slot.tags);
      parsePayload(text);
      return on(slot.current, (store) => store.stage(slot, text, options));
    },
    readStaged: (slot, options) => on(slot.current, (store) => store.readStaged(slot, options)),
    async listStaged(reference, options) {
      const names = await on(reference, (store) => store.listStaged(reference, options));
      const copies = names.filter(isAttemptId);
      if (copies.length < names.length) owner.onStrayCopies?.(reference, names.length - copies.length);
      return copies;
    },
    rehearse: (slot, base, options) => on(slot.current, (store) => store.rehearse(slot, base, options)),
    promote: (slot, base, options) => on(slot.current, (store) => store.promote(slot, base, options)),
    discard: (slot, options) => on(slot.current, (store) => store.discard(slot, options)),
    keepReplica: (reference, place, options) => on(reference, (store) => replicating(store).keepReplica(reference, place, options)),
  };
}

/** Acts where the reference lies, if it is this tenant's. */
export async function onOwned<T>(owner: OwnedStoreOptions, reference: SecretReference, act: (store: SecretStore) => Promise<T>): Promise<T> {
  checkOwned(owner, reference);
  return owner.use((backends) => act(backendOf(backends, reference)));
}

/** A device is no login: it is reached through `createOwnedDevices` alone, and what lies there is never taken for a payload. */
function checkLogin({ folder }: SecretReference): void {
  if (folder !== undefined) throw invalidReference('path');
}

/** Why this reference is not to be asked for. */
function refusalOf(owner: OwnedStoreOptions, reference: SecretReference): RcmError | null {
  try {
    checkLogin(reference);
    checkOwned(owner, reference);
    checkedReference(reference);
    return null;
  } catch (error) {
    if (isRcmError(error)) return error;
    throw error;
  }
}

/** Fails with `reference_not_yours`; the message names neither organization. */
function checkOwned(owner: OwnedStoreOptions, reference: SecretReference): void {
  if (reference.organizationId !== owner.orgId) throw notYours('another organization');
  if (reference.environment !== owner.environment) throw notYours('another environment');
  if (reference.store === 'vault') {
    if (owner.vault === null) throw invalidReference('no_store');
    if (reference.mount !== owner.vault.mount) throw notYours('another mount');
    return;
  }
  if (owner.aws.length === 0) throw invalidReference('no_store');
  const inRegion = owner.aws.filter(({ region }) => region === reference.region);
  if (inRegion.length === 0) throw notYours('another region');
  if (!inRegion.some(({ accountId }) => accountId === reference.accountId)) throw notYours('another AWS account');
}

function backendOf(backends: TenantBackends, reference: SecretReference): SecretStore {
  const backend = backends.at(reference);
  if (!backend) throw invalidReference('no_store');
  return backend;
}

function replicating({ keepReplica }: Partial<SecretReplicas>): SecretReplicas {
  if (!keepReplica) throw invalidReference('other_store');
  return { keepReplica };
}

/** A tenant's policies match on these: a secret with somebody else's tags would be somebody else's. */
export function checkTags(owner: OwnedStoreOptions, tags: { readonly TenantId: string; readonly Environment: string }): void {
  if (tags.TenantId !== owner.orgId || tags.Environment !== owner.environment) throw notYours('tags of another organization or environment');
}

const notYours = (what: string): RcmError => new RcmError('reference_not_yours', `The secret reference is not the asking organization's: ${what}.`);
