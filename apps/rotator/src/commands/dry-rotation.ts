import { getOpenAttempt, listAdmissions, listPauses, type PauseScope } from '@rcm/db/rotation';
import type { MigratedEndpoint } from '@rcm/portal-access';
import type { Rotator } from '../rotator.ts';
import { notStarted, refusedBy, whyNotStart } from '../starting.ts';

/** What `rotate` would do now. */
export interface WouldDo {
  readonly wouldStart: boolean;
  readonly code: string | null;
  /** Why it would not, or what would go on; `null`: a new rotation would begin. */
  readonly detail: string | null;
}

/** Answers from Postgres alone: neither the store nor the portal is asked, and nothing is written. What changes until the rotation is planned, it cannot know. */
export async function dryRotation(rotator: Pick<Rotator, 'db'>, endpoint: MigratedEndpoint, kind: 'demand' | 'compromise'): Promise<WouldDo> {
  const open = await getOpenAttempt(rotator.db, endpoint);
  if (open?.state === 'blocked') return refused(notStarted('rotation_refused', 'Its rotation is blocked: say which password the portal accepts (`resolve`).'));
  if (open)
    return { wouldStart: true, code: null, detail: `its open rotation (${open.state}) would go on, and the one that is asked for begin once that has ended` };
  const whyNot = (await whyNotStart(rotator, endpoint, kind)) ?? (await heldBack(rotator, endpoint));
  return whyNot === null ? { wouldStart: true, code: null, detail: null } : refused(whyNot);
}

const refused = ({ code, reason }: ReturnType<typeof notStarted>): WouldDo => ({ wouldStart: false, code, detail: reason });

/** What a person's rotation does not pass either: a pause, and an open breaker. */
async function heldBack({ db }: Pick<Rotator, 'db'>, { id, orgId, portalTypeCode }: MigratedEndpoint) {
  const covers = (scope: PauseScope): boolean =>
    scope.kind === 'all' || (scope.kind === 'portal_type' ? scope.portalTypeCode === portalTypeCode : scope.endpointId === id);
  if ((await listPauses(db, { tenant: orgId })).some(({ scope }) => covers(scope))) return refusedBy('paused', portalTypeCode);
  const stopped = (await listAdmissions(db)).some((admission) => admission.portalTypeCode === portalTypeCode && admission.breaker !== null);
  return stopped ? refusedBy('stopped', portalTypeCode) : null;
}
