import type { PortalRotations } from '@rcm/db/fleet';
import type { PortalAdmission, Pause } from '@rcm/db/rotation';
import { pausedWhy, stoppedWhy, WHY_WAITS } from './why-waits.ts';

export interface TypeAdmission {
  readonly portal: PortalRotations;
  readonly admission: PortalAdmission | undefined;
  readonly pauses: readonly Pause[];
}

/** Why the rotations of a portal type wait, the first that holds; `null`: they begin as they fall due. A pause of one login is that login's. */
export function whyTypeWaits({ portal, admission, pauses }: TypeAdmission): string | null {
  if (portal.automation === 'forbidden') return WHY_WAITS.forbidden;
  if (portal.automation === null) return WHY_WAITS.undecided;
  if (portal.automation === 'assisted' || portal.rotationMode === 'manual') return WHY_WAITS.manual;
  const pause = pauses.find(({ scope }) => scope.kind === 'all' || (scope.kind === 'portal_type' && scope.portalTypeCode === portal.code));
  if (pause) return pausedWhy(pause.scope.kind === 'all' ? 'all' : 'portal_type', pause.reason);
  if (admission?.breaker) return stoppedWhy(admission.breaker.cause);
  if (admission?.canary?.state === 'running') return WHY_WAITS.canary;
  if (portal.underWay >= portal.maxConcurrency) return WHY_WAITS.full;
  return null;
}
