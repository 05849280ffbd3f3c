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
  const byItself = whyNotByItself(portal);
  if (byItself !== null) return byItself;
  const pause = pauses.find(({ scope }) => scope.kind === 'all' || (scope.kind === 'portal_type' && scope.portalTypeCode === portal.code));
  if (pause) return pausedWhy(pause.scope.kind === 'all' ? 'all' : 'portal_type', pause.reason);
  if (admission?.breaker) return stoppedWhy(admission.breaker.cause);
  if (admission?.canary?.state === 'running') return WHY_WAITS.canary;
  if (portal.underWay >= portal.maxConcurrency) return WHY_WAITS.full;
  return null;
}

/** Why none of its rotations ever begins by itself; `null`: they do. */
function whyNotByItself({ automation, rotationMode }: PortalRotations): string | null {
  if (automation === 'forbidden') return WHY_WAITS.forbidden;
  if (automation === null) return WHY_WAITS.undecided;
  return automation === 'assisted' || rotationMode === 'manual' ? WHY_WAITS.manual : null;
}
