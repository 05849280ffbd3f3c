import { RcmError } from '@rcm/telemetry';
import { writeAuditEvent, writeAuditEventForAll } from '../audit/record.ts';
import type { Database } from '../database.ts';
import { subjectOf } from '../gate/pause.ts';
import { checkId, checkUuid } from '../input.ts';
import { checkReason } from './ask.ts';

export interface Decision {
  readonly id: string;
  /** Whose login it is about; `null`: of no tenant. */
  readonly orgId: string | null;
  readonly decision: 'approved' | 'declined';
  readonly actor: string;
  readonly reason: string;
}

/** `approver` and `asker` are the same person, whatever they call themselves behind the name that they signed in with. The table has the same rule. */
export const isSamePerson = (one: string, other: string): boolean => signedInAs(one) === signedInAs(other);
const signedInAs = (actor: string): string => actor.split(' says ', 1)[0] ?? '';

/**
 * A second person approves what the first has asked for, as it was asked, or declines it; with its audit event. Returns on what it was, `null` where there is no such
 * request in that tenant. Fails with `input_invalid` without a reason, `state_conflict` for whoever asked, and where it waits for nobody (any more). For `rcm_console`.
 */
export async function decideAct(db: Database, { id, orgId, decision, actor, ...act }: Decision): Promise<{ readonly endpointId: string | null } | null> {
  checkUuid('id', id);
  if (orgId !== null) checkId('orgId', orgId);
  const reason = checkReason(act.reason);
  return db.transaction(orgId === null ? 'every tenant' : { tenant: orgId }, async (tx) => {
    const [asked] = await tx.$queryRaw<
      { kind: string; choice: string | null; actor: string; orgId: string | null; endpointId: string | null; portalTypeCode: string | null }[]
    >`
      SELECT r.kind, r.choice, r.actor, r.org_id AS "orgId", r.endpoint_id AS "endpointId", r.portal_type_code AS "portalTypeCode" FROM login_request r
       WHERE r.id = ${id}::uuid AND r.org_id IS NOT DISTINCT FROM ${orgId}::text`;
    if (!asked) return null;
    if (isSamePerson(actor, asked.actor)) throw new RcmError('state_conflict', 'You have asked for it yourself: somebody else decides. Nothing was changed.');
    const details = { requestId: id, act: asked.kind, ...(asked.choice ? { accept: asked.choice } : {}), askedBy: asked.actor };
    const event = { actor, action: decision === 'approved' ? 'approval.given' : 'approval.declined', reason, details };
    if (asked.orgId !== null && asked.endpointId !== null) await writeAuditEvent(tx, { ...event, orgId: asked.orgId, subject: asked.endpointId });
    else await writeAuditEventForAll(tx, asked.portalTypeCode, { ...event, subject: subjectOf(asked.portalTypeCode) });
    const decided = await tx.$executeRaw`
      UPDATE login_request SET decision = ${decision}, decided_by = ${actor}, decision_reason = ${reason} WHERE id = ${id}::uuid AND decision IS NULL`;
    if (decided === 0) throw new RcmError('state_conflict', 'It waits for nobody any more: it was decided, or an hour has passed. Nothing was changed.');
    return { endpointId: asked.endpointId };
  });
}
