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
 * there. So two that make it at once, and one that goes on after a crash, make it in one place. `null`: the row names a secret by now. Fails with `endpoint_unknown`, `state_conflict` (another secret of the login lies there, or may, which no row names).
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
    await mustBeFree(tx, { endpointId, orgId, place });
    await tx.$executeRaw`
      INSERT INTO unnamed_secret (endpoint_id, org_id, place, why) VALUES (${endpointId}, ${orgId}, ${place}, 'new')
      ON CONFLICT (endpoint_id, place) DO UPDATE SET why = 'new', secret_arn = NULL, unproved = false, removed_at = NULL, since = clock_timestamp()`;
    return place;
  });
}

/** A login that was moved away from there has left its secret, whose password may be of before: nothing is made in its place, and it is not taken for the first one. What was removed is gone. */
async function mustBeFree(tx: Transaction, { endpointId, orgId, place }: FirstPlace): Promise<void> {
  const [lies] = await tx.$queryRaw<{ secretArn: string | null }[]>`
    SELECT secret_arn AS "secretArn" FROM unnamed_secret WHERE endpoint_id = ${endpointId} AND org_id = ${orgId} AND place = ${place} AND removed_at IS NULL`;
  if (!lies) return;
  const what =
    lies.secretArn === null ? 'a copy of it may lie, as a move there was begun' : `the one still lies that it was moved away from (${lies.secretArn})`;
  throw new RcmError(
    'state_conflict',
    `The first secret of endpoint ${endpointId} would be made in ${place}, where ${what}. Nothing was written, and what lies there is as it was: its password may be an old one. If the login is used again, \`rcm endpoint reinstate ${endpointId}\` has the row name its own secret. If that one is gone, find out which password the portal accepts, have what lies there removed, note that (\`rcm endpoint removed ${endpointId}\`), and say it again.`,
  );
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
