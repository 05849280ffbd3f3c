import { type HeldLease, holdLease, type MigratedEndpoint } from '@rcm/portal-access';
import type { Rotator } from './rotator.ts';

/** Does something to a login while nobody else uses it. Fails as `holdLease`, and as `act`. */
export async function withExclusiveLease<T>(
  rotator: Rotator,
  endpoint: MigratedEndpoint,
  signal: AbortSignal,
  act: (held: HeldLease) => Promise<T>,
): Promise<T> {
  const held = await holdLease({
    db: rotator.db,
    clock: rotator.clock,
    logger: rotator.logger,
    metrics: rotator.metrics,
    orgId: endpoint.orgId,
    endpointId: endpoint.id,
    loginIdentity: endpoint.loginIdentity,
    holder: rotator.owner,
    kind: 'exclusive',
    timing: rotator.lease,
    signal,
  });
  try {
    return await act(held);
  } finally {
    await held.release();
  }
}
