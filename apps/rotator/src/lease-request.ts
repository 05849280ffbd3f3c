import type { HoldRequest } from '@rcm/db/holding';
import type { MigratedEndpoint } from '@rcm/portal-access';
import type { Rotator } from './rotator.ts';

/** How a rotator asks for the lease of a login. */
export const leaseRequest = ({ db, clock, logger, metrics, owner, lease }: Rotator, endpoint: MigratedEndpoint, signal: AbortSignal): HoldRequest => ({
  ...{ db, clock, logger, metrics, signal },
  orgId: endpoint.orgId,
  endpointId: endpoint.id,
  loginIdentity: endpoint.loginIdentity,
  secretArn: endpoint.secretArn,
  holder: owner,
  kind: 'exclusive',
  timing: lease,
});
