import type { Database } from '../database.ts';
import { notifyCredentialChanged } from './schedule.ts';

/**
 * A secret of Secrets Manager that was gone has been made again: whatever names it follows to its new ARN, which differs from the old one in the six characters at
 * its end alone. Returns how many endpoints followed. Fails with `database_failed` where the ARNs differ in anything else.
 */
export async function followSecretMadeAnew(
  db: Database,
  { orgId, from, to }: { readonly orgId: string; readonly from: string; readonly to: string },
): Promise<number> {
  return db.transaction({ tenant: orgId }, async (tx) => {
    const [row] = await tx.$queryRaw<{ followed: number }[]>`SELECT rcm_secret_made_anew(${from}, ${to}) AS followed`;
    await notifyCredentialChanged(tx, { orgId, secretArn: to });
    return row?.followed ?? 0;
  });
}
