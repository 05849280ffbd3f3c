import type { Database } from '../database.ts';
import { checkMs } from '../input.ts';
import { writeNotification } from '../notifications/write.ts';

export interface PutOff {
  readonly orgId: string;
  readonly endpointId: string;
  /** Due again after so long, in ms. */
  readonly forMs: number;
  /** Why, for people to be told: once per login and day. Absent: it passes by itself, and nobody is told. */
  readonly tell?: string;
}

/**
 * A login that is due and cannot be rotated for reasons of its own makes room: a portal type lets few run at once, and the longest due goes
 * first, so one that cannot start would hold all others of its portal type up for as long as it cannot. Its endpoints that share the
 * secret go with it. Returns whether it was due and had no open attempt; what has another date meanwhile keeps it, and an attempt has its own end.
 */
export async function putOffRotation(db: Database, { orgId, endpointId, forMs, tell }: PutOff): Promise<boolean> {
  const ms = checkMs('forMs', forMs);
  return db.transaction({ tenant: orgId }, async (tx) => {
    const rows = await tx.$queryRaw<{ id: string; portalTypeCode: string }[]>`
      UPDATE integration_endpoint e SET next_rotation_at = own.later, rotation_not_before = own.later, updated_at = clock_timestamp()
        FROM (SELECT secret_arn, clock_timestamp() + make_interval(secs => ${ms}::float8 / 1000) AS later FROM integration_endpoint WHERE org_id = ${orgId} AND id = ${endpointId}) own
       WHERE e.org_id = ${orgId} AND e.secret_arn = own.secret_arn AND e.next_rotation_at <= clock_timestamp()
         AND NOT EXISTS (SELECT FROM rotation_attempt a WHERE a.login_identity = e.login_identity AND a.ended_at IS NULL)
      RETURNING e.id, e.portal_type_code AS "portalTypeCode"`;
    const [moved] = rows;
    if (moved === undefined) return false;
    const { portalTypeCode } = moved;
    if (tell !== undefined) await writeNotification(tx, { kind: 'failed', key: endpointId, every: 'day', orgId, endpointId, portalTypeCode, detail: tell });
    return true;
  });
}
