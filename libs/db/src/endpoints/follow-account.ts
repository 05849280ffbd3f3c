import type { Database } from '../database.ts';
import { RcmError } from '@rcm/telemetry';
import { writeAuditEvent } from '../audit/record.ts';
import { checkUuid } from '../input.ts';
import { writeNotice } from '../notices/write.ts';

/** `moved`: the row has another identity already. `in_use`, `rotation_open`: somebody is at one of the two logins; ask again. */
export type AccountFollowed = 'followed' | 'moved' | 'rotation_open' | 'in_use';

export interface FollowAccount {
  readonly orgId: string;
  readonly endpointId: string;
  /** The row's, and what the payload names, with the id of the key that made it. */
  readonly from: string;
  readonly to: { readonly id: string; readonly keyId: string };
  /** The caller's live exclusive lease on `from`; it is gone afterwards. */
  readonly leaseId: string;
  readonly actor: string;
  /** `account`: the payload names another user. `realm`: the same user, but what counts as one account was defined anew, or the key was changed. */
  readonly because: 'account' | 'realm';
}

/**
 * The secret names another account than the row says: the row follows, with the endpoints of the organization that share the secret, and with
 * what the ledger knows where nobody else has the old identity. With its audit event in one transaction, and a notice where a person changed the account.
 * Fails with `input_invalid`.
 */
export async function followAccount(db: Database, follow: FollowAccount): Promise<AccountFollowed> {
  const { orgId, endpointId, from, to, actor, because } = follow;
  const leaseId = checkUuid('leaseId', follow.leaseId);
  return db.transaction({ tenant: orgId }, async (tx) => {
    const [row] = await tx.$queryRaw<
      { answer: AccountFollowed }[]
    >`SELECT rcm_follow_account(${endpointId}, ${from}, ${to.id}, ${to.keyId}, ${leaseId}::uuid) AS answer`;
    if (!row) throw new RcmError('database_failed', 'A function returned no row.');
    if (row.answer !== 'followed') return row.answer;
    await writeAuditEvent(tx, {
      orgId,
      actor,
      action: 'endpoint.account_followed',
      subject: endpointId,
      reason: `the secret names another account (${because})`,
    });
    if (because === 'account') await writeNotice(tx, { kind: 'other_account', key: `${endpointId}:${to.id}`, orgId, endpointId });
    return row.answer;
  });
}
