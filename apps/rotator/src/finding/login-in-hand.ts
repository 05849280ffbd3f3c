import {
  type CallOptions,
  parseReference,
  type SecretReference,
  type SecretStore,
  type StagedSlot,
  type StoredSecret,
  type TenantStores,
} from '@rcm/credentials';
import { type Database, getEndpoint } from '@rcm/db';
import type { HeldLease } from '@rcm/db/holding';
import { getAttempt } from '@rcm/db/rotation';
import type { MigratedEndpoint } from '@rcm/portal-access';
import { RcmError } from '@rcm/telemetry';

/** One login in the hands of the process that holds its exclusive lease. */
export interface LoginInHand {
  readonly endpoint: MigratedEndpoint;
  readonly held: HeldLease;
  /** The tenant's own store: it can reach no other tenant's secrets. */
  readonly store: SecretStore;
  readonly reference: SecretReference;
  /** Where the copy of an attempt lies. */
  slotOf(attemptId: string): StagedSlot;
  /** Where it lies if the attempt was of another secret of the organization's; `null`: it was not, as far as the journal knows. */
  slotElsewhere(attemptId: string): Promise<StagedSlot | null>;
  /** The secret of another endpoint of the organization's; `null`: it has none. */
  secretOf(endpointId: string): Promise<SecretReference | null>;
}

/** `secretArn`: the reference of an open attempt, which stays its own whatever the row says. */
export function loginInHand(
  rotator: { readonly db: Database; readonly stores: TenantStores; readonly environment: string },
  endpoint: MigratedEndpoint,
  held: HeldLease,
  secretArn = endpoint.secretArn,
): LoginInHand {
  const reference = parseReference(secretArn);
  const { orgId } = endpoint;
  const tags = { TenantId: orgId, Environment: rotator.environment, PortalType: endpoint.portalTypeCode };
  return {
    ...{ endpoint, held, reference },
    store: rotator.stores.forTenant(orgId),
    slotOf: (attemptId) => ({ current: reference, attemptId, tags }),
    async slotElsewhere(attemptId) {
      const attempt = await getAttempt(rotator.db, { attemptId });
      if (attempt?.orgId !== orgId || attempt.secretArn === secretArn) return null;
      return { current: parseReference(attempt.secretArn), attemptId, tags };
    },
    async secretOf(endpointId) {
      const other = await getEndpoint(rotator.db, { orgId, endpointId });
      return other?.secretArn ? parseReference(other.secretArn) : null;
    },
  };
}

/** Fails with `secret_missing`. */
export async function readCurrent({ store, reference, held, endpoint }: LoginInHand): Promise<StoredSecret> {
  const current = await store.read(reference, { signal: held.signal });
  if (current) return current;
  throw new RcmError('secret_missing', `The secret of endpoint ${endpoint.id} is not in its store. Nothing was changed.`, {
    details: { endpointId: endpoint.id },
  });
}

/**
 * For a store's calls: the lease is looked at right before each that cannot be taken back. What puts back a payload that this very process has
 * overwritten only mends, and may come late.
 */
export const heldOptions = ({ held }: LoginInHand): CallOptions => ({
  signal: held.signal,
  beforeWrite: (act) => {
    if (act !== 'put_back') held.assertHeld();
  },
});
