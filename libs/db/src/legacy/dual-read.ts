import { RcmError, Secret } from '@rcm/telemetry';
import type { Database } from '../database.ts';
import type { LoginName } from '../endpoints/follow-account.ts';
import { checkUuid } from '../input.ts';
import { writeNotification } from '../notifications/write.ts';

/**
 * `read`: what the row holds, under the caller's lease. `unnamed`: the same, where the login has no name yet and so nobody can hold its lease: only to be named.
 * `moved`: the row names a secret by now. `nothing`: it holds no plaintext. `no_lease`: the lease is not a live one of this login. `rotated`: the same account lies elsewhere
 * too, and its password was changed there, so what this row holds is old.
 */
export type LegacyRead =
  { readonly is: 'read' | 'unnamed'; readonly credentials: Secret<string> } | { readonly is: 'moved' | 'nothing' | 'no_lease' | 'rotated' };

/**
 * The plaintext login of one endpoint that names no secret, as JSON text (`config.credentials`), with the audit event `login.legacy_read` in the same transaction. `leaseId`:
 * the caller's live lease for it; `null` where it has no name yet. Fails with `endpoint_unknown`, `audit_unavailable` (then nothing was given).
 */
export async function readLegacyLogin(
  db: Database,
  { orgId, endpointId, leaseId }: { readonly orgId: string; readonly endpointId: string; readonly leaseId: string | null },
): Promise<LegacyRead> {
  const lease = leaseId === null ? null : checkUuid('leaseId', leaseId);
  const [row] = await db.transaction(
    { tenant: orgId },
    (tx) => tx.$queryRaw<{ answer: LegacyRead['is'] | 'unknown'; credentials: string | null }[]>`
      SELECT answer, credentials FROM rcm_legacy_login(${endpointId}, ${lease}::uuid)`,
  );
  if (!row) throw new RcmError('database_failed', 'A function returned no row.');
  const { answer, credentials } = row;
  if (answer === 'unknown') throw new RcmError('endpoint_unknown', `Organization ${orgId} has no endpoint ${endpointId}.`);
  if (answer !== 'read' && answer !== 'unnamed') return { is: answer };
  return { is: answer, credentials: new Secret(credentials ?? 'null') };
}

/** Has people told, once a day, that an endpoint's row and the store hold two logins, as long as the row names no secret. */
export function tellRowAndStoreDiffer(db: Database, { orgId, endpointId }: { readonly orgId: string; readonly endpointId: string }): Promise<void> {
  return db.transaction({ tenant: orgId }, async (tx) => {
    const unmigrated = await tx.integrationEndpoint.count({ where: { id: endpointId, orgId, secretArn: null } });
    if (unmigrated > 0) await writeNotification(tx, { kind: 'row_and_store_differ', key: endpointId, every: 'day', orgId, endpointId });
  });
}

/** `moved`: the row names a secret by now, or its account goes by another name. `in_use`: somebody is at the account that it named before. `other_key`: see `AccountFollowed`. */
export type LegacyNamed = 'named' | 'moved' | 'in_use' | 'other_key';

/**
 * Says which account a row's plaintext login is, by the name that a migration will give it: from here on it has its leases and its ledger, with whoever else has the same account. `from`:
 * the name that the row has; `null`: none. `names`: under each known key, the current one's first.
 */
export async function nameLegacyLogin(
  db: Database,
  {
    orgId,
    endpointId,
    from,
    names,
  }: { readonly orgId: string; readonly endpointId: string; readonly from: string | null; readonly names: readonly LoginName[] },
): Promise<LegacyNamed> {
  const [row] = await db.transaction(
    { tenant: orgId },
    (tx) => tx.$queryRaw<{ answer: LegacyNamed }[]>`
      SELECT rcm_name_legacy_login(${endpointId}, ${from}, ${names.map(({ id }) => id)}::text[], ${names.map(({ keyId }) => keyId)}::text[]) AS answer`,
  );
  if (!row) throw new RcmError('database_failed', 'A function returned no row.');
  return row.answer;
}
