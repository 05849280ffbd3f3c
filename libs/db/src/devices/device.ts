import { RcmError } from '@rcm/telemetry';
import { writeAuditEvent } from '../audit/record.ts';
import type { Database, Transaction } from '../database.ts';
import { checkId, checkUuid } from '../input.ts';

/** Whose device it is. */
export interface DeviceOwner {
  readonly orgId: string;
  readonly endpointId: string;
}

/** What a login that is about to begin may use. */
export interface DeviceValidity {
  /** When the login begins: what it makes is known to be of this moment, however long it takes. By Postgres's clock, as all of these. */
  readonly now: Date;
  /** What a login before it has made is used no more; `null`: nobody has said so. */
  readonly forgottenAt: Date | null;
  /** When the password was last changed. */
  readonly lastRotatedAt: Date | null;
}

/** Fails with `endpoint_unknown`. */
export async function deviceValidity(db: Database, owner: DeviceOwner): Promise<DeviceValidity> {
  const { orgId, endpointId } = owner;
  const [row] = await db.transaction(
    { tenant: orgId },
    (tx) => tx.$queryRaw<DeviceValidity[]>`
      SELECT clock_timestamp() AS now, d.forgotten_at AS "forgottenAt", e.last_rotated_at AS "lastRotatedAt"
        FROM integration_endpoint e LEFT JOIN login_device d ON d.endpoint_id = e.id AND d.org_id = e.org_id
       WHERE e.org_id = ${orgId} AND e.id = ${endpointId}`,
  );
  if (!row) throw new RcmError('endpoint_unknown', `Organization ${orgId} has no endpoint ${endpointId}.`);
  return row;
}

export interface DeviceAct extends DeviceOwner {
  /** `kept`: what a login has made. `dropped`: what lies there is of no use any more. */
  readonly act: 'kept' | 'dropped';
  /** Of the process that logged in. */
  readonly leaseId: string;
  /** The login that it is an end of; `null`: nothing of that was sent. */
  readonly loginAttemptId: string | null;
}

const WHY: Readonly<Record<DeviceAct['act'], string>> = { kept: 'a login was accepted', dropped: 'of no use to a login any more' };

/**
 * Writes down what is about to become of a device, before it does, with its event: who looks for what is left of a login finds it. Fails with `lease_lost` where the lease is no longer
 * the caller's, and then nothing is to be written.
 */
export async function noteDevice(db: Database, { orgId, endpointId, act, leaseId, loginAttemptId }: DeviceAct): Promise<void> {
  checkUuid('leaseId', leaseId);
  await db.transaction({ tenant: orgId }, async (tx) => {
    const [lease] = await tx.$queryRaw<{ holder: string }[]>`
      SELECT holder FROM login_lease
       WHERE id = ${leaseId}::uuid AND org_id = ${orgId} AND endpoint_id = ${endpointId} AND expires_at > clock_timestamp()`;
    if (!lease) throw new RcmError('lease_lost', 'The lease on the login ran out before its device was written.', { details: { endpointId } });
    if (act === 'kept')
      await tx.$executeRaw`
        INSERT INTO login_device (endpoint_id, org_id, kept_at) VALUES (${endpointId}, ${orgId}, clock_timestamp())
        ON CONFLICT (endpoint_id) DO UPDATE SET kept_at = excluded.kept_at`;
    const details = { process: lease.holder, leaseId, loginAttemptId };
    await writeAuditEvent(tx, { orgId, actor: lease.holder, action: `login.device_${act}`, subject: endpointId, reason: WHY[act], details });
  });
}

/**
 * From now on no login uses what an earlier one has made, wherever it lies and whoever holds it; one transaction with its event. Nothing is asked of a store. For `rcm_rotator`. Fails with
 * `endpoint_unknown`.
 */
export async function forgetDevice(
  db: Database,
  { orgId, endpointId, actor, reason }: DeviceOwner & { readonly actor: string; readonly reason: string },
): Promise<void> {
  checkId('endpointId', endpointId);
  await db.transaction({ tenant: orgId }, async (tx) => {
    if ((await forgetDevicesOf(tx, { orgId, endpointId })) === 0)
      throw new RcmError('endpoint_unknown', `Organization ${orgId} has no endpoint ${endpointId}.`);
    await writeAuditEvent(tx, { orgId, actor, action: 'login.device_forgotten', subject: endpointId, reason });
  });
}

/** Those of all endpoints of the organization that stand for the same account; part of the transaction that says why. Returns how many there are. */
export const forgetDevicesOf = (tx: Transaction, { orgId, endpointId }: DeviceOwner): Promise<number> =>
  tx.$executeRaw`
    INSERT INTO login_device AS d (endpoint_id, org_id, forgotten_at)
    SELECT e.id, e.org_id, clock_timestamp() FROM integration_endpoint e, integration_endpoint own
     WHERE own.org_id = ${orgId} AND own.id = ${endpointId} AND e.org_id = own.org_id AND (e.id = own.id OR e.login_identity = own.login_identity)
    ON CONFLICT (endpoint_id) DO UPDATE SET forgotten_at = excluded.forgotten_at`;

export interface DeviceDates {
  readonly keptAt: Date | null;
  readonly forgottenAt: Date | null;
}

/** When one was kept and forgotten; `null`: neither. */
export async function deviceDates(db: Database, { orgId, endpointId }: DeviceOwner): Promise<DeviceDates | null> {
  const [row] = await db.transaction(
    { tenant: orgId },
    (tx) => tx.$queryRaw<DeviceDates[]>`
      SELECT kept_at AS "keptAt", forgotten_at AS "forgottenAt" FROM login_device WHERE org_id = ${orgId} AND endpoint_id = ${endpointId}`,
  );
  return row ?? null;
}
