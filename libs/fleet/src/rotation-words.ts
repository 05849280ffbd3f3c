import type { PortalAdmission, Pause, PortalRotations } from '@rcm/db';

export interface TypeStanding {
  readonly portal: PortalRotations;
  readonly admission: PortalAdmission | undefined;
  readonly pauses: readonly Pause[];
}

/** Why the rotations of a portal type wait, the first that holds; `null`: they begin as they fall due. A pause of one login is that login's. */
export function whyTypeWaits({ portal, admission, pauses }: TypeStanding): string | null {
  if (portal.automation === 'forbidden') return 'its terms let no program log in';
  if (portal.automation === null) return 'nobody has decided whether its terms let a program log in';
  if (portal.automation === 'assisted' || portal.rotationMode === 'manual') return 'a person changes these passwords, and is told when';
  const pause = pauses.find(({ scope }) => scope.kind === 'all' || (scope.kind === 'portal_type' && scope.portalTypeCode === portal.code));
  if (pause) return `${pause.scope.kind === 'all' ? 'everything is paused' : 'it is paused'}: ${pause.reason}`;
  if (admission?.breaker) return `its breaker is open: ${admission.breaker.cause.replaceAll('_', ' ')}`;
  if (admission?.canary?.state === 'running') return 'the first of the day goes ahead alone';
  if (portal.underWay >= portal.maxConcurrency) return 'as many as may be at once are under way';
  return null;
}
