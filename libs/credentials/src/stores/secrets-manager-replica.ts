import { RcmError } from '@rcm/telemetry';
import type { SecretsManagerCalls } from './secrets-manager-calls.ts';
import type { ReplicaOptions, ReplicaPlace, ReplicaState } from './store.ts';

/** What DescribeSecret says of a replica, ReplicationStatusType; anything else is not believed to be a copy. */
const STATES: Readonly<Record<string, ReplicaState>> = { InSync: 'in_sync', InProgress: 'under_way' };

/**
 * Looks first: ReplicateSecretToRegions is no call to repeat where a replica is. A secret is never created with its replica in one call, since what
 * stands in the way of the copy would then stand in the way of the secret.
 */
export async function keepReplica(
  calls: SecretsManagerCalls,
  id: string,
  place: ReplicaPlace,
  { beforeAsking, ...call }: ReplicaOptions = {},
): Promise<ReplicaState | null> {
  const before = await calls.replicas(id, call);
  if (before === null) return null;
  const status = before.get(place.region);
  const state = STATES[status ?? ''];
  if (state) return state;
  await beforeAsking?.();
  if (await calls.replicate(id, place, call)) {
    if (status === undefined) return 'under_way';
    throw new RcmError('store_unavailable', 'Secrets Manager had given up the copy in the second region; it was asked for it once more.', {
      details: { status },
    });
  }
  // Somebody asked at the same moment, or there can be none.
  const after = STATES[(await calls.replicas(id, call))?.get(place.region) ?? ''];
  if (after) return after;
  throw new RcmError('store_denied', 'Secrets Manager replicates no secret to the second region. The secret itself is as it was.');
}
