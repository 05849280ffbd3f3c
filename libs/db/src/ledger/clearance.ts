import { RcmError } from '@rcm/telemetry';
import type { Database } from '../database.ts';
import { writeAuditEvent } from '../audit/record.ts';
import { wantSearchNow } from '../endpoints/search.ts';
import { lockEndpointIdentity } from '../identity.ts';

/** `unlocked`: the portal's support has unlocked the account. `retry`: its password is right, try it now. */
type ClearanceKind = 'unlocked' | 'retry';

export interface Clearance {
  readonly orgId: string;
  readonly endpointId: string;
  readonly kind: ClearanceKind;
  readonly actor: string;
  readonly reason: string;
  /** When the person said it, by Postgres's clock: what failed after that counts. Default: now. */
  readonly saidAt?: Date | undefined;
  /** The login of which they said it: of another that the row has followed to since, nothing is noted. Default: the row's, whichever it is. */
  readonly saidOf?: string | undefined;
}

/**
 * A person's word about a login, with its audit event in one transaction. `unlocked`: the lock is over, and failures before it was said count no
 * more. `retry`: a rotator tries it, as soon as the budget allows it. Both end the cool-down of refused passwords. The budget stays what it is, so a word
 * alone locks nobody out.
 * Fails with `endpoint_unknown`, `state_conflict` (never migrated, or it was said of another login).
 */
export async function clearLogin(db: Database, clearance: Clearance): Promise<void> {
  const { orgId, endpointId, kind, actor, reason, saidAt = null, saidOf } = clearance;
  await db.transaction({ tenant: orgId }, async (tx) => {
    const identity = await lockEndpointIdentity(tx, clearance);
    if (saidOf !== undefined && identity.id !== saidOf)
      throw new RcmError('state_conflict', `Endpoint ${endpointId} has another login by now than the one of which this was said. Nothing was noted.`);
    await writeAuditEvent(tx, { orgId, actor, action: `login.${kind}`, subject: endpointId, reason });
    await tx.$executeRaw`
      INSERT INTO login_clearance (login_identity, org_id, endpoint_id, kind, actor, reason, at)
      VALUES (${identity.id}, ${orgId}, ${endpointId}, ${kind}, ${actor}, ${reason}, least(coalesce(${saidAt}::timestamptz, clock_timestamp()), clock_timestamp()))`;
    if (kind === 'retry') await wantSearchNow(tx, clearance);
  });
}
