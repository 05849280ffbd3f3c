import type { Secret } from '@rcm/telemetry';
import type { Database } from '../database.ts';
import { writeAuditEvent } from '../audit/record.ts';
import { lockEndpointIdentity } from '../identity.ts';
import { jsonText } from '../input.ts';
import { openRotation } from '../journal/open-rotation.ts';
import { MIGRATOR } from './migrate.ts';

export interface LegacyRestore {
  readonly endpointId: string;
  readonly orgId: string;
  /** The reference under which `credentials` were read. */
  readonly secretArn: string;
  /** The store's current payload; numbers kept as raw JSON are written digit by digit. */
  readonly credentials: Secret<unknown>;
}

/**
 * Takes an endpoint back to before its migration: the login stands in `config.credentials` (other fields of `config` stay), the
 * reference and its version are gone, so nothing rotates it. Identity and ledger stay: the portal's lockout counts on. `false`: the row
 * names another secret, or a rotation of the login is open; nothing was changed. The audit event is part of the transaction.
 * Fails with `endpoint_unknown`, `state_conflict` (never migrated).
 */
export async function restoreLegacyCredentials(db: Database, { endpointId, orgId, secretArn, credentials }: LegacyRestore): Promise<boolean> {
  const text = jsonText('credentials', credentials.reveal());
  return db.transaction({ tenant: orgId }, async (tx) => {
    const identity = await lockEndpointIdentity(tx, { endpointId, orgId });
    if (await openRotation(tx, identity.id)) return false;
    const restored = await tx.$executeRaw`
      UPDATE integration_endpoint
         SET config = config || jsonb_build_object('credentials', ${text}::jsonb), secret_arn = NULL, current_version = NULL, rotation_status = NULL, updated_at = clock_timestamp()
       WHERE id = ${endpointId} AND org_id = ${orgId} AND secret_arn = ${secretArn}`;
    if (restored === 0) return false;
    await writeAuditEvent(tx, { orgId, actor: MIGRATOR, action: 'endpoint.restored', subject: endpointId, reason: 'rollback', details: { secretArn } });
    return true;
  });
}
