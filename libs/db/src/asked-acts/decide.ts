import { isRcmError, RcmError } from '@rcm/telemetry';
import type { Database } from '../database.ts';
import { checkId, checkUuid } from '../input.ts';
import { checkReason } from './ask.ts';
import { askedIn, isSamePerson, scopeOfAsked, writeAskedEvent } from './asked.ts';
import { mustBeToldApart } from './told-apart.ts';

export interface Decision {
  readonly id: string;
  /** Whose login it is about; `null`: of no tenant. */
  readonly orgId: string | null;
  readonly decision: 'approved' | 'declined';
  readonly actor: string;
  readonly reason: string;
}

/** By what the schema names where it says no. */
const REFUSED: ReadonlyMap<string, string> = new Map([
  [
    'login_request_of_that_moment',
    'The login is not as it was when this was asked for: a rotation has ended or begun since, the password is another, or it names another account. Who wants it still asks again.',
  ],
  [
    'login_request_told_apart',
    'Whoever asked has signed in elsewhere than you, so nobody could tell that you are two people. Approve it where they have asked, or have them ask again where you are.',
  ],
]);

/**
 * A second person approves what the first has asked for, as it was asked and for the login as it stood then, or declines it; with its audit event. Returns on what it was,
 * `null` where there is no such request in that tenant. Fails with `input_invalid` without a reason, `state_conflict` for whoever asked, where it waits for nobody (any
 * more), where a rotation has ended or begun since, the password has changed, or the login names another account, and for a password to read where both have not signed in at the same place, and where nobody could tell them apart (`mustBeToldApart`). For `rcm_console`; of `break_glass` for `rcm_operator`, too.
 */
export async function decideAct(db: Database, { id, orgId, decision, actor, ...act }: Decision): Promise<{ readonly endpointId: string | null } | null> {
  checkUuid('id', id);
  if (orgId !== null) checkId('orgId', orgId);
  const reason = checkReason(act.reason);
  const decided = db.transaction(scopeOfAsked(orgId), async (tx) => {
    const asked = await askedIn(tx, { id, orgId });
    if (!asked) return null;
    if (isSamePerson(actor, asked.actor)) throw new RcmError('state_conflict', 'You have asked for it yourself: somebody else decides. Nothing was changed.');
    if (decision === 'approved') mustBeToldApart(actor, asked.actor);
    if (!asked.needsSecond) throw new RcmError('state_conflict', NOBODY);
    await writeAskedEvent(tx, asked, { actor, action: decision === 'approved' ? 'approval.given' : 'approval.declined', reason }, { askedBy: asked.actor });
    const rows = await tx.$executeRaw`
      UPDATE login_request SET decision = ${decision}, decided_by = ${actor}, decision_reason = ${reason} WHERE id = ${id}::uuid AND decision IS NULL`;
    if (rows === 0) throw new RcmError('state_conflict', NOBODY);
    return { endpointId: asked.endpointId };
  });
  return decided.catch((error: unknown) => {
    const words = isRcmError(error) ? REFUSED.get(String(error.details.constraint)) : undefined;
    throw words === undefined ? error : new RcmError('state_conflict', `${words} Nothing was changed.`);
  });
}

const NOBODY = 'It waits for nobody any more: it was decided or withdrawn, or an hour has passed. Nothing was changed.';
