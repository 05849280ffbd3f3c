import { RcmError } from '@rcm/telemetry';
import type { Database } from '../database.ts';
import { checkId, checkUuid } from '../input.ts';
import { checkReason } from './ask.ts';
import { askedIn, isSamePerson, scopeOfAsked, writeAskedEvent } from './asked.ts';

interface Withdrawal {
  readonly id: string;
  /** Whose login it is about; `null`: of no tenant. */
  readonly orgId: string | null;
  readonly actor: string;
  readonly reason: string;
}

/**
 * Whoever asked takes it back, approved or not, while no rotator has taken it; with its audit event. Returns on what it was, `null` where there is no such request in
 * that tenant. Fails with `input_invalid` without a reason, `state_conflict` for anybody else, and where it was taken or has ended. For `rcm_console`; of `break_glass` for `rcm_operator`, too.
 */
export async function withdrawAct(db: Database, { id, orgId, actor, ...act }: Withdrawal): Promise<{ readonly endpointId: string | null } | null> {
  checkUuid('id', id);
  if (orgId !== null) checkId('orgId', orgId);
  const reason = checkReason(act.reason);
  return db.transaction(scopeOfAsked(orgId), async (tx) => {
    const asked = await askedIn(tx, { id, orgId });
    if (!asked) return null;
    if (!isSamePerson(actor, asked.actor))
      throw new RcmError('state_conflict', 'Somebody else has asked for it: they alone take it back. Nothing was changed.');
    await writeAskedEvent(tx, asked, { actor, action: asked.needsSecond ? 'approval.withdrawn' : 'request.withdrawn', reason });
    const rows = await tx.$executeRaw`
      UPDATE login_request SET withdrawn_by = ${actor}, withdrawal_reason = ${reason} WHERE id = ${id}::uuid AND ended_at IS NULL AND taken_at IS NULL`;
    if (rows === 0) throw new RcmError('state_conflict', 'It was taken, or it has ended. Nothing was changed.');
    return { endpointId: asked.endpointId };
  });
}
