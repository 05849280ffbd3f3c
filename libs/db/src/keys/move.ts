import { RcmError } from '@rcm/telemetry';
import { writeAuditEvent } from '../audit/record.ts';
import { byIndex } from '../by-index.ts';
import type { Database } from '../database.ts';
import type { LoginName } from '../endpoints/follow-account.ts';
import { checkLimit, checkUuid } from '../input.ts';
import type { Fingerprints } from '../ledger/password.ts';
import { checkFingerprints } from '../ledger/password.ts';

/** An endpoint whose login, or something that the ledger knows of its passwords or used backup codes, is under another key than the current one. */
export interface LoginToMove {
  readonly orgId: string;
  readonly endpointId: string;
}

/** Pages through them by the endpoint's id: those that have a secret, which alone says what their account is called. */
export async function listLoginsToMove(
  db: Database,
  { identityKeyId, fingerprintKeyId, after, limit }: CurrentKeys & { readonly after?: string | undefined; readonly limit: number },
): Promise<LoginToMove[]> {
  return byIndex(db, 'every tenant', async (tx) => {
    // Else every login is looked at, and what the ledger has of each.
    const [known] = await tx.$queryRaw<{ otherwise: boolean }[]>`SELECT rcm_known_by_other_keys(${identityKeyId}, ${fingerprintKeyId}) AS otherwise`;
    if (!known?.otherwise) return [];
    return tx.$queryRaw<LoginToMove[]>`
      SELECT e.org_id AS "orgId", e.id AS "endpointId" FROM integration_endpoint e JOIN login_identity i ON i.id = e.login_identity
       WHERE e.secret_arn IS NOT NULL AND e.id > ${after ?? ''}
         AND (i.key_id <> ${identityKeyId}
              OR EXISTS (SELECT FROM login_attempt a WHERE a.login_identity = e.login_identity AND a.org_id = e.org_id
                            AND a.fingerprint IS NOT NULL AND split_part(a.fingerprint, ':', 1) <> ${fingerprintKeyId})
              OR EXISTS (SELECT FROM backup_code_spent s WHERE s.login_identity = e.login_identity AND NOT s.left_behind
                            AND split_part(s.fingerprint, ':', 1) <> ${fingerprintKeyId}))
       ORDER BY e.id LIMIT ${checkLimit(limit)}`;
  });
}

export interface CurrentKeys {
  readonly identityKeyId: string;
  readonly fingerprintKeyId: string;
}

/**
 * `moved_over`: everybody who has the account has it by the new name. `moved`: the row has another name by now. `in_use`: the lease ran out, or somebody is about to change the login that
 * has the new name. `rotation_open`: the account went by both names, and both are being rotated.
 */
export type LoginMoved = 'moved_over' | 'moved' | 'in_use' | 'rotation_open';

export interface MoveLogin {
  readonly orgId: string;
  readonly endpointId: string;
  readonly from: string;
  /** The same account's name under the current key: whoever calls has computed both from the secret. */
  readonly to: LoginName;
  /** The caller's live exclusive lease on `from`; it is gone afterwards. */
  readonly leaseId: string;
  readonly actor: string;
}

/** An account's row goes over to its name under the current key, with everybody who has it, ledger, journal and what it was called before, in one transaction with the audit event. */
export async function moveLogin(db: Database, { orgId, endpointId, from, to, leaseId, actor }: MoveLogin): Promise<LoginMoved> {
  const lease = checkUuid('leaseId', leaseId);
  return db.transaction({ tenant: orgId }, async (tx) => {
    const [row] = await tx.$queryRaw<{ answer: LoginMoved }[]>`SELECT rcm_move_login(${endpointId}, ${from}, ${to.id}, ${to.keyId}, ${lease}::uuid) AS answer`;
    if (!row) throw new RcmError('database_failed', 'A function returned no row.');
    if (row.answer === 'moved_over') {
      const reason = 'the identity key is changed';
      await writeAuditEvent(tx, { orgId, actor, action: 'endpoint.login_moved', subject: endpointId, reason, details: { keyId: to.keyId } });
    }
    return row.answer;
  });
}

export interface MovePrints {
  readonly orgId: string;
  readonly loginIdentity: string;
  /** Of each password and each backup code that is stored: its fingerprints, the current key's first. */
  readonly stored: readonly Fingerprints[];
  /** The current key's id. What the organization's other attempts know by another key is forgotten: those passwords are in no store. */
  readonly keyId: string;
}

/**
 * What the ledger knows of a login's stored passwords and backup codes is known by the current key's fingerprints from here on: cool-downs and proofs stay, and what
 * was used. Used codes that are not stored stay as they are: nobody can type them.
 */
export async function movePrints(
  db: Database,
  { orgId, loginIdentity, stored, keyId }: MovePrints,
): Promise<{ readonly followed: number; readonly forgotten: number }> {
  const pairs = stored.flatMap((prints) => {
    const [current = '', ...others] = checkFingerprints(prints);
    return others.map((other) => ({ other, current }));
  });
  const [row] = await db.transaction(
    { tenant: orgId },
    (tx) => tx.$queryRaw<{ followed: number; forgotten: number }[]>`
      SELECT followed, forgotten FROM rcm_move_prints(${loginIdentity}, ${pairs.map(({ other }) => other)}::text[], ${pairs.map(({ current }) => current)}::text[], ${keyId})`,
  );
  return row ?? { followed: 0, forgotten: 0 };
}
