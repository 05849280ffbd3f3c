import { RcmError } from '@rcm/telemetry';
import type { Database, Transaction } from '../database.ts';

export interface FirstPlace {
  readonly endpointId: string;
  readonly orgId: string;
  /** Of the store of an account in a region, or of a mount of Vault. */
  readonly place: string;
}

/**
 * Where the first secret of an endpoint is made: where somebody has begun to make it, however long ago, or else in `place`, which is written down before anything is made
 * there. So two that make it at once, and one that goes on after a crash, make it in one place. `null`: the row names a secret by now. Fails with `endpoint_unknown`.
 */
export async function beginFirstSecret(db: Database, { endpointId, orgId, place }: FirstPlace): Promise<string | null> {
  return db.transaction({ tenant: orgId }, async (tx) => {
    const [row] = await tx.$queryRaw<{ named: boolean }[]>`
      SELECT secret_arn IS NOT NULL AS named FROM integration_endpoint WHERE id = ${endpointId} AND org_id = ${orgId} FOR UPDATE`;
    if (!row) throw new RcmError('endpoint_unknown', `Organization ${orgId} has no endpoint ${endpointId}.`);
    if (row.named) return null;
    const [begun] = await tx.$queryRaw<
      { place: string }[]
    >`SELECT place FROM unnamed_secret WHERE endpoint_id = ${endpointId} AND org_id = ${orgId} AND why = 'new'`;
    if (begun) return begun.place;
    await tx.$executeRaw`INSERT INTO unnamed_secret (endpoint_id, org_id, place, why) VALUES (${endpointId}, ${orgId}, ${place}, 'new')`;
    return place;
  });
}

/** Nothing was made there, as the store has no room: another place may be begun with. */
export async function leaveFirstPlace(db: Database, { endpointId, orgId, place }: FirstPlace): Promise<void> {
  await db.transaction(
    { tenant: orgId },
    (tx) => tx.$executeRaw`DELETE FROM unnamed_secret WHERE endpoint_id = ${endpointId} AND org_id = ${orgId} AND place = ${place} AND why = 'new'`,
  );
}

/** The row names it now. In the transaction that has it do so. */
export async function firstSecretIsNamed(tx: Transaction, { endpointId, orgId }: Omit<FirstPlace, 'place'>): Promise<void> {
  await tx.$executeRaw`DELETE FROM unnamed_secret WHERE endpoint_id = ${endpointId} AND org_id = ${orgId} AND why = 'new'`;
}
