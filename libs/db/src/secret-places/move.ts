import { writeAuditEvent } from '../audit/record.ts';
import type { Database, Transaction } from '../database.ts';
import { notifyCredentialChanged } from '../endpoints/schedule.ts';
import type { PersonalChange } from '../endpoints/seed.ts';
import { lockEndpointIdentity } from '../identity.ts';
import { checkUuid } from '../input.ts';
import { openRotation } from '../journal/open-rotation.ts';

export interface SecretMove {
  readonly endpointId: string;
  readonly orgId: string;
  /** The exclusive lease under which both secrets were read. */
  readonly leaseId: string;
  /** What the row names, and where that lies. */
  readonly from: { readonly secretArn: string; readonly version: string; readonly place: string };
  readonly to: { readonly secretArn: string; readonly version: string; readonly place: string };
  /** A login is to show that it is accepted there: that is noted beside where it was (`noteMoveProved`). Default: nobody waits for one. */
  readonly proof?: 'awaited';
}

/**
 * - `row_changed`: the row names another secret or version than was read.
 * - `lease_lost`: the lease ran out, so the password may have been changed since it was read.
 * - `rotation`: one is open.
 */
export type MoveAnswer = 'moved' | 'row_changed' | 'lease_lost' | 'rotation';

/**
 * `elsewhere`: a move to another place was begun and has not ended; a copy may lie there. `again`: a copy of the login may lie in this place, from a move that did not end or
 * from before it was moved away, and no row names it.
 */
export type MoveBegun = { readonly is: 'begun'; readonly again: boolean } | { readonly is: 'elsewhere'; readonly place: string };

/** Written down before anything is made in the other place. Safe to repeat. Fails with `endpoint_unknown`, `state_conflict`. */
export async function beginMove(
  db: Database,
  { endpointId, orgId, place }: { readonly endpointId: string; readonly orgId: string; readonly place: string },
): Promise<MoveBegun> {
  return db.transaction({ tenant: orgId }, async (tx) => {
    await lockEndpointIdentity(tx, { endpointId, orgId });
    const [other] = await tx.$queryRaw<{ place: string }[]>`
      SELECT place FROM unnamed_secret WHERE endpoint_id = ${endpointId} AND org_id = ${orgId} AND why IN ('copy', 'new') AND place <> ${place}`;
    if (other) return { is: 'elsewhere', place: other.place };
    const [known] = await tx.$queryRaw<{ named: boolean }[]>`
      SELECT EXISTS (SELECT FROM integration_endpoint e WHERE e.org_id = ${orgId} AND e.secret_arn = u.secret_arn) AS named
        FROM unnamed_secret u WHERE u.endpoint_id = ${endpointId} AND u.org_id = ${orgId} AND u.place = ${place}`;
    await tx.$executeRaw`
      INSERT INTO unnamed_secret AS u (endpoint_id, org_id, place, why) VALUES (${endpointId}, ${orgId}, ${place}, 'copy')
      ON CONFLICT (endpoint_id, place) DO UPDATE SET why = 'copy', since = clock_timestamp(), removed_at = NULL`;
    return { is: 'begun', again: known?.named === false };
  });
}

/** Nothing new lies in the other place: it was full. */
export async function endMove(
  db: Database,
  { endpointId, orgId, place }: { readonly endpointId: string; readonly orgId: string; readonly place: string },
): Promise<void> {
  await db.transaction({ tenant: orgId }, async (tx) => {
    await tx.$executeRaw`
      DELETE FROM unnamed_secret WHERE endpoint_id = ${endpointId} AND org_id = ${orgId} AND place = ${place} AND why = 'copy' AND secret_arn IS NULL`;
    await tx.$executeRaw`UPDATE unnamed_secret SET why = 'left' WHERE endpoint_id = ${endpointId} AND org_id = ${orgId} AND place = ${place} AND why = 'copy'`;
  });
}

/**
 * The row, and every other of the organization that shares the secret or did so until it was retired, names the copy from now on, with the event `endpoint.moved` in the same transaction; where it was is
 * noted as left. Any answer but `moved` means that nothing was changed; where the row names the copy already, an earlier call did it whose answer was lost, and it is `moved`. Fails
 * with `endpoint_unknown`, `state_conflict` (it never had one).
 */
export async function recordMove(db: Database, move: SecretMove, { actor, reason }: PersonalChange): Promise<MoveAnswer> {
  const { endpointId, orgId, leaseId, from, to } = move;
  return db.transaction({ tenant: orgId }, async (tx) => {
    const identity = await lockEndpointIdentity(tx, { endpointId, orgId });
    const names = await whichIsNamed(tx, move);
    if (names === 'to') return 'moved';
    if (await openRotation(tx, identity.id)) return 'rotation';
    // A rotation takes the lease under the identity's lock, which is held here: while ours is alive, nobody has changed what was read.
    const [held] = await tx.$queryRaw<object[]>`
      SELECT 1 FROM login_lease WHERE id = ${checkUuid('leaseId', leaseId)}::uuid AND login_identity = ${identity.id} AND kind = 'exclusive' AND expires_at > clock_timestamp()`;
    if (!held) return 'lease_lost';
    if (names !== 'from') return 'row_changed';
    await tx.$executeRaw`
      UPDATE integration_endpoint SET secret_arn = ${to.secretArn}, current_version = ${to.version}, updated_at = clock_timestamp()
       WHERE org_id = ${orgId} AND secret_arn = ${from.secretArn}`;
    // One that is retired goes back to the secret that the others have by then.
    await tx.$executeRaw`
      UPDATE integration_endpoint SET retired_secret_arn = ${to.secretArn}, updated_at = clock_timestamp()
       WHERE org_id = ${orgId} AND secret_arn IS NULL AND retired_secret_arn = ${from.secretArn}`;
    await swapPlaces(tx, move);
    await writeAuditEvent(tx, { orgId, actor, action: 'endpoint.moved', subject: endpointId, reason, details: { from: from.secretArn, to: to.secretArn } });
    await notifyCredentialChanged(tx, { orgId, secretArn: to.secretArn });
    return 'moved';
  });
}

/** The row stays as it is until the transaction ends. */
async function whichIsNamed(tx: Transaction, { endpointId, orgId, from, to }: SecretMove): Promise<'from' | 'to' | null> {
  const [row] = await tx.$queryRaw<{ secretArn: string | null; version: string | null }[]>`
    SELECT secret_arn AS "secretArn", current_version AS version FROM integration_endpoint WHERE id = ${endpointId} AND org_id = ${orgId} FOR UPDATE`;
  const isNamed = ({ secretArn, version }: SecretMove['from']): boolean => row?.secretArn === secretArn && row.version === version;
  return isNamed(from) ? 'from' : isNamed(to) ? 'to' : null;
}

async function swapPlaces(tx: Transaction, { endpointId, orgId, from, to, proof }: SecretMove): Promise<void> {
  await tx.$executeRaw`
    DELETE FROM unnamed_secret
     WHERE endpoint_id = ${endpointId} AND org_id = ${orgId} AND place = ${to.place} AND (secret_arn IS NULL OR secret_arn = ${to.secretArn})`;
  // Of a secret that lay under another login's name there, the copy has another one: that one stays left.
  await tx.$executeRaw`
    UPDATE unnamed_secret SET why = 'left', unproved = false WHERE endpoint_id = ${endpointId} AND org_id = ${orgId} AND place = ${to.place}`;
  await tx.$executeRaw`
    INSERT INTO unnamed_secret AS u (endpoint_id, org_id, place, why, secret_arn, unproved)
    VALUES (${endpointId}, ${orgId}, ${from.place}, 'left', ${from.secretArn}, ${proof === 'awaited'})
    ON CONFLICT (endpoint_id, place) DO UPDATE
       SET why = 'left', secret_arn = excluded.secret_arn, since = clock_timestamp(), removed_at = NULL, unproved = excluded.unproved`;
}

/**
 * The login was accepted where its row names it, or somebody answers for it: it stays there, and wherever it was before it has left, also where a move back was begun.
 * Safe to repeat.
 */
export async function noteMoveProved(db: Database, { endpointId, orgId }: { readonly endpointId: string; readonly orgId: string }): Promise<void> {
  await db.transaction(
    { tenant: orgId },
    (tx) => tx.$executeRaw`UPDATE unnamed_secret SET unproved = false, why = 'left' WHERE endpoint_id = ${endpointId} AND org_id = ${orgId} AND unproved`,
  );
}
