import { refuseStart } from './admission.ts';
import { openOf, UNSENT } from './attempts.ts';
import type { ModelDatabase } from './model-database.ts';
import { concernsOthers } from './schedule.ts';
import { endpointOf, identityOf, operation, refuse, sharing } from './operation.ts';

const ASKED_FOR: ReadonlySet<string> = new Set(['demand', 'compromise', 'rollback']);

/** As in libs/db/src/journal/request.ts. */
function requestOf(
  { tables }: ModelDatabase,
  {
    orgId,
    endpointId,
    reason,
    requestId,
  }: { readonly orgId: string; readonly endpointId: string; readonly reason: string; readonly requestId?: string | undefined },
) {
  if (!ASKED_FOR.has(reason)) return { requestId: null, chosenVersion: null };
  const row = requestId === undefined ? null : tables.requests.get(requestId);
  if (row?.orgId !== orgId || row.endpointId !== endpointId || row.kind !== reason) return refuse('rotation_refused', 'Nobody has asked for this rotation.');
  if (tables.attempts.all().some((attempt) => attempt.requestId === row.id)) return refuse('rotation_refused', 'This request was begun already.');
  return { requestId: row.id, chosenVersion: row.chosenVersion };
}

export const planRotation = operation('planRotation', (db, plan) => {
  const identity = identityOf(db, plan);
  const lease = db.tables.leases.get(plan.leaseId);
  if (lease?.loginIdentity !== identity.id || lease.kind !== 'exclusive' || lease.fence !== plan.fence || lease.expiresAt <= db.now)
    return refuse('lease_lost', 'A rotation is planned only under the live exclusive lease of its login.');
  const open = openOf(db, identity.id);
  if (open?.orgId === plan.orgId) {
    const isOwn = open.id === plan.attemptId && open.fence === plan.fence && open.state === 'planned';
    return isOwn ? { created: true as const, attempt: open } : { created: false as const, open };
  }
  if (open) return refuse('state_conflict', 'Another organization is rotating this login.');
  const endpoint = endpointOf(db, plan) ?? refuse('endpoint_unknown', 'There is no such endpoint.');
  if (endpoint.secretArn === null || endpoint.currentVersion !== plan.baseVersion) return { created: false as const, open: null };
  const { requestId, chosenVersion } = requestOf(db, plan);
  const login = { orgId: plan.orgId, loginIdentity: identity.id, secretArn: endpoint.secretArn };
  if (plan.rules && concernsOthers(db, login)) return { created: false as const, open: null, refusal: 'changed' as const };
  const refusal = refuseStart(db, { ...plan, portalTypeCode: endpoint.portalTypeCode }, plan.rules ?? null);
  if (refusal) return { created: false as const, open: null, refusal };
  const { attemptId, orgId, endpointId, fence, owner, reason, baseVersion, recipeHash } = plan;
  const attempt = db.tables.attempts.put({
    ...UNSENT,
    ...{ id: attemptId, loginIdentity: identity.id, orgId, endpointId, portalTypeCode: endpoint.portalTypeCode, state: 'planned' },
    ...{ fence, owner, reason, secretArn: endpoint.secretArn, baseVersion, recipeHash, chosenVersion, requestId },
    ...{ detail: null, createdAt: db.now, updatedAt: db.now, endedAt: null },
  });
  for (const { id } of sharing(db, endpoint)) db.tables.endpoints.change(id, { rotationStatus: 'pending' });
  return { created: true as const, attempt };
});
