import { isRcmError, RcmError } from '@rcm/telemetry';
import { subjectOf } from '../admission/pause.ts';
import { checkReason } from '../asked-acts/ask.ts';
import { isSamePerson } from '../asked-acts/asked.ts';
import { mustBeToldApart } from '../asked-acts/told-apart.ts';
import { writeAuditEventForAll } from '../audit/record.ts';
import type { Database } from '../database.ts';
import type { NewPortalType } from '../endpoints/endpoint.ts';
import type { PersonalChange } from '../endpoints/seed.ts';
import { checkId, checkUuid, jsonText } from '../input.ts';
import { writeNotification } from '../notifications/write.ts';

/**
 * Proposes what a portal type is to be. Nothing uses it before somebody else has approved it and the tables' owner has saved it. Told of in the chain of every organization with a login there, and by a notification. Fails with
 * `input_invalid` without a reason, `state_conflict` where another change of it waits. Whether the document is one is for whoever saves it to check, too. For `rcm_operator`.
 */
export async function proposePortalType(db: Database, portalType: NewPortalType, { actor, ...change }: PersonalChange): Promise<{ readonly id: string }> {
  const code = checkId('portal type code', portalType.code);
  const [reason, document] = [checkReason(change.reason), jsonText('portal type', portalType)];
  return db.transaction('every tenant', async (tx) => {
    const [row] = await tx.$queryRaw<{ id: string }[]>`
      INSERT INTO portal_type_change (portal_type_code, document, actor, reason) VALUES (${code}, ${document}::jsonb, ${actor}, ${reason})
      ON CONFLICT (portal_type_code) WHERE decision IS NULL DO NOTHING RETURNING id::text`;
    if (!row)
      throw new RcmError('state_conflict', `Another change of ${code} waits to be decided on: \`rcm portal-type proposed\` has it. Nothing was changed.`);
    const details = { requestId: row.id, act: 'save' };
    await writeAuditEventForAll(tx, code, { actor, action: 'approval.asked', subject: subjectOf(code), reason, details });
    const [known] = await tx.$queryRaw<{ code: string }[]>`SELECT p.code FROM portal_type p WHERE p.code = ${code}`;
    await writeNotification(tx, {
      kind: 'approval_waiting',
      key: row.id,
      portalTypeCode: known?.code ?? null,
      detail: `portal type ${code}, request ${row.id}`,
    });
    return row;
  });
}

export interface PortalDecision extends PersonalChange {
  readonly id: string;
  readonly decision: 'approved' | 'declined';
}

/**
 * Somebody else approves a proposed change, for the portal type as it stood when it was proposed, or anybody declines it: whoever proposed it takes it back so. With its event. `null`: there is none. Fails with
 * `input_invalid` without a reason, `state_conflict` where it was decided on, for an approval of one's own or of somebody's who signed in elsewhere, and where the portal type has changed since. For `rcm_operator`, `rcm_console`.
 */
export async function decidePortalChange(db: Database, { id, decision, actor, ...act }: PortalDecision): Promise<{ readonly code: string } | null> {
  checkUuid('id', id);
  const reason = checkReason(act.reason);
  const decided = db.transaction('every tenant', async (tx) => {
    const [change] = await tx.$queryRaw<
      { code: string; actor: string }[]
    >`SELECT c.portal_type_code AS code, c.actor FROM portal_type_change c WHERE c.id = ${id}::uuid`;
    if (!change) return null;
    const { code } = change;
    if (decision === 'approved' && isSamePerson(actor, change.actor))
      throw new RcmError('state_conflict', 'You have proposed it yourself: somebody else approves it. Nothing was changed.');
    if (decision === 'approved') mustBeToldApart(actor, change.actor);
    const details = { requestId: id, act: 'save', askedBy: change.actor };
    const action = decision === 'approved' ? 'approval.given' : 'approval.declined';
    await writeAuditEventForAll(tx, code, { actor, action, subject: subjectOf(code), reason, details });
    await tx.$executeRaw`UPDATE portal_type_change SET decision = ${decision}, decided_by = ${actor}, decision_reason = ${reason} WHERE id = ${id}::uuid`;
    return { code };
  });
  return decided.catch((error: unknown) => {
    const words = isRcmError(error) ? REFUSED[String(error.details.constraint)] : undefined;
    throw words === undefined ? error : new RcmError('state_conflict', `${words} Nothing was changed.`);
  });
}

/** By the constraint of the table that says no. */
const REFUSED: Readonly<Record<string, string>> = {
  portal_type_change_decided_once: 'It was decided on already.',
  portal_type_change_stands: 'The portal type has changed since it was proposed: propose it again.',
  portal_type_change_somebody_else: 'You have proposed it yourself: somebody else approves it.',
  portal_type_change_told_apart:
    'Whoever proposed it has signed in elsewhere than you, so nobody could tell that you are two people. Approve it where they have proposed it, or have them propose it again where you are.',
};
