import type { Secret } from '@rcm/telemetry';
import type { Database } from '../database.ts';
import { writeAuditEvent } from '../audit/record.ts';
import { lockEndpointIdentity } from '../identity.ts';
import { checkUuid, jsonText } from '../input.ts';
import { openRotation } from '../journal/open-rotation.ts';
import { forgetFingerprints, recordedRow } from './proofs.ts';
import { type FingerprintOf, lockRow, rowSince } from './row.ts';

export interface LegacyRestore {
  readonly endpointId: string;
  readonly orgId: string;
  /** The exclusive lease under which the store was read. */
  readonly leaseId: string;
  /** The reference under which `credentials` were read. */
  readonly secretArn: string;
  /** The store's current payload; numbers kept as raw JSON are written digit by digit. */
  readonly credentials: Secret<unknown>;
  readonly fingerprintOf: FingerprintOf;
  /** Who goes back, and why. */
  readonly actor: string;
  readonly reason: string;
}

/**
 * - `moved`: the row names another secret, or a rotation of the login is open.
 * - `already`: the row names no secret any more.
 * - `lease_lost`: the lease ran out, so the password may have been changed since it was read.
 * - `edited`: the row holds plaintext that is not what was recorded at apply or verify, so it may be newer than the store's.
 * - `no_proof`: the row holds plaintext, and nothing (or nothing made with this key) says which.
 */
export type RestoreAnswer = 'restored' | 'moved' | 'already' | 'lease_lost' | 'edited' | 'no_proof';

/**
 * Takes an endpoint back to before its migration: the login stands in `config.credentials` (other fields of `config` stay), the
 * reference and its version are gone, so nothing rotates it, and somebody reads plaintext again. Identity and ledger stay: the portal's lockout counts on. Written over is only
 * plaintext that was recorded as migrated; any answer but `restored` means that nothing was changed. The audit event is part of the
 * transaction. Fails with `endpoint_unknown`, `state_conflict` (never migrated).
 */
export async function restoreLegacyCredentials(db: Database, restore: LegacyRestore): Promise<RestoreAnswer> {
  const { endpointId, orgId, leaseId, secretArn, actor, reason } = restore;
  const text = jsonText('credentials', restore.credentials.reveal());
  return db.transaction({ tenant: orgId }, async (tx) => {
    const identity = await lockEndpointIdentity(tx, { endpointId, orgId });
    if (await openRotation(tx, identity.id)) return 'moved';
    const row = await lockRow(tx, restore);
    if (row.secretArn === null) return 'already';
    if (row.secretArn !== secretArn) return 'moved';
    if (row.fingerprint !== null) {
      const since = rowSince(await recordedRow(tx, restore), row.fingerprints);
      if (since !== 'same') return since === 'edited' ? 'edited' : 'no_proof';
    }
    // A rotation takes the lease under the identity's lock, which is held here: while ours is alive, nobody has changed what was read.
    const [held] = await tx.$queryRaw<object[]>`
      SELECT 1 FROM login_lease WHERE id = ${checkUuid('leaseId', leaseId)}::uuid AND login_identity = ${identity.id} AND kind = 'exclusive' AND expires_at > clock_timestamp()`;
    if (!held) return 'lease_lost';
    await tx.$executeRaw`
      UPDATE integration_endpoint
         SET config = config || jsonb_build_object('credentials', ${text}::jsonb), secret_arn = NULL, current_version = NULL, rotation_status = NULL, updated_at = clock_timestamp()
       WHERE id = ${endpointId} AND org_id = ${orgId}`;
    // Whoever goes back has readers of plaintext again.
    await tx.$executeRaw`UPDATE organization SET old_readers_gone_at = NULL WHERE id = ${orgId} AND old_readers_gone_at IS NOT NULL`;
    await forgetFingerprints(tx, restore);
    await writeAuditEvent(tx, { orgId, actor, action: 'endpoint.restored', subject: endpointId, reason, details: { secretArn } });
    return 'restored';
  });
}
