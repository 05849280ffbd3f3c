import type { Database } from '../database.ts';
import { RcmError } from '@rcm/telemetry';
import { writeAuditEvent } from '../audit/record.ts';
import { checkUuid } from '../input.ts';
import { writeNotification } from '../notifications/write.ts';

/**
 * `renamed`: the same account by another name, which everybody has now who had the old one. `parted`: one of several that were one account until now. `followed`:
 * another account. `moved`: the row has another identity already. `in_use`, `rotation_open`: somebody is at one of the two logins; ask again. `other_key`: logins
 * are named with a key that the caller does not know, so whose account it is cannot be said here.
 */
export type AccountFollowed = 'renamed' | 'parted' | 'followed' | 'moved' | 'rotation_open' | 'in_use' | 'other_key';

/** A name of an account, and which key made it. */
export interface LoginName {
  readonly id: string;
  readonly keyId: string;
}

export interface FollowAccount {
  readonly orgId: string;
  readonly endpointId: string;
  /** The row's. */
  readonly from: string;
  /** What the payload names, under each known key, the current one's first: the account keeps the name by which others have it. */
  readonly to: readonly LoginName[];
  /** The caller's live exclusive lease on `from`; it is gone afterwards. */
  readonly leaseId: string;
  readonly actor: string;
  /** What the account that the payload names may have been called: in former realms and by former rules. */
  readonly knownAs: readonly string[];
}

/**
 * The secret names its account by another id than the row: the row follows, with the endpoints of the organization that share secret and realm. What the ledger
 * knows goes along only where it is the same account; then everybody goes who has it, so that it has one id and one budget at any time. With
 * its audit event in one transaction, and a notification where a person changed the account. Fails with `input_invalid`.
 */
export async function followAccount(db: Database, follow: FollowAccount): Promise<AccountFollowed> {
  const { orgId, endpointId, from, to, actor } = follow;
  const leaseId = checkUuid('leaseId', follow.leaseId);
  return db.transaction({ tenant: orgId }, async (tx) => {
    const [row] = await tx.$queryRaw<
      { answer: AccountFollowed }[]
    >`SELECT rcm_follow_account(${endpointId}, ${from}, ${to.map(({ id }) => id)}::text[], ${to.map(({ keyId }) => keyId)}::text[], ${leaseId}::uuid, ${[...follow.knownAs]}::text[]) AS answer`;
    if (!row) throw new RcmError('database_failed', 'A function returned no row.');
    const { answer } = row;
    if (answer !== 'renamed' && answer !== 'parted' && answer !== 'followed') return answer;
    await writeAuditEvent(tx, {
      orgId,
      actor,
      action: 'endpoint.account_followed',
      subject: endpointId,
      reason: answer === 'followed' ? 'the secret names another account' : 'what counts as one account was defined anew',
    });
    if (answer === 'followed') await writeNotification(tx, { kind: 'other_account', key: `${endpointId}:${to[0]?.id ?? ''}`, orgId, endpointId });
    return answer;
  });
}
