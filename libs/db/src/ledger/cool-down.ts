import type { Database } from '../database.ts';
import { lockEndpointIdentity } from '../identity.ts';
import { checkMs, checkUuid } from '../input.ts';

/**
 * Lets nobody log in for `forMs` milliseconds from now, as if the portal had asked for it: for a login of which the ledger may have
 * forgotten failures. Under the caller's live lease. Fails with `endpoint_unknown`, `state_conflict`.
 */
export async function coolDownLogin(
  db: Database,
  coolDown: {
    readonly orgId: string;
    readonly endpointId: string;
    readonly leaseId: string;
    readonly version: string;
    readonly actor: 'agent' | 'rotator';
    readonly forMs: number;
  },
): Promise<void> {
  const ms = checkMs('forMs', coolDown.forMs);
  checkUuid('leaseId', coolDown.leaseId);
  await db.rawTransaction({ tenant: coolDown.orgId }, async (tx) => {
    const identity = await lockEndpointIdentity(tx, coolDown);
    await tx.$executeRaw`
      INSERT INTO login_attempt (login_identity, org_id, endpoint_id, lease_id, actor, version, started_at, finished_at, outcome, effect, throttled_until)
      VALUES (${identity.id}, ${coolDown.orgId}, ${coolDown.endpointId}, ${coolDown.leaseId}::uuid, ${coolDown.actor}, ${coolDown.version}, clock_timestamp(), clock_timestamp(),
              'not_submitted', 'none', clock_timestamp() + make_interval(secs => ${ms}::float8 / 1000))`;
  });
}
