import { writeAuditEvent } from '../audit/record.ts';
import type { Database } from '../database.ts';
import { lockEndpointIdentity } from '../identity.ts';
import { timestamp } from '../input.ts';
import { RcmError } from '@rcm/telemetry';

export interface PersonsWord {
  readonly orgId: string;
  readonly endpointId: string;
  /** `logged_in`: they logged in at the portal by themselves. `recertified`: they confirmed there that the login is wanted. */
  readonly kind: 'logged_in' | 'recertified';
  /** When they did. */
  readonly at: Date;
  readonly actor: string;
  readonly reason: string;
}

/** Notes what a person did at the portal, with its audit event. Fails with `endpoint_unknown`, `state_conflict` (never migrated), `input_invalid` (a time to come). */
export async function notePersonsWord(db: Database, { orgId, endpointId, kind, at, actor, reason }: PersonsWord): Promise<void> {
  const instant = timestamp(at);
  await db.transaction({ tenant: orgId }, async (tx) => {
    const identity = await lockEndpointIdentity(tx, { orgId, endpointId });
    await writeAuditEvent(tx, { orgId, actor, action: `login.${kind}`, subject: endpointId, reason, details: { at: instant } });
    const noted =
      kind === 'logged_in'
        ? await tx.$executeRaw`UPDATE login_identity SET person_login_at = greatest(person_login_at, ${instant}::timestamptz) WHERE id = ${identity.id} AND ${instant}::timestamptz <= clock_timestamp() + interval '5 minutes'`
        : await tx.$executeRaw`UPDATE login_identity SET recertified_at = greatest(recertified_at, ${instant}::timestamptz) WHERE id = ${identity.id} AND ${instant}::timestamptz <= clock_timestamp() + interval '5 minutes'`;
    if (noted === 0) throw new RcmError('input_invalid', 'It is said of a time to come. Nothing was changed.');
  });
}
