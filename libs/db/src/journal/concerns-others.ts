import type { Transaction } from '../database.ts';
import { NO_OLD_READERS } from '../legacy/old-readers.ts';

/**
 * Whether a rotation of this login would leave somebody behind with a wrong password, as `liesElsewhere` and `hasOldReaders` say it, seen by its own organization: rows of
 * others make it `shared`. Under the login's lock nobody can register it elsewhere until the caller's transaction is over.
 */
export async function concernsOthers(
  tx: Transaction,
  { orgId, loginIdentity, secretArn }: { readonly orgId: string; readonly loginIdentity: string; readonly secretArn: string },
): Promise<boolean> {
  const [row] = await tx.$queryRaw<{ concerns: boolean }[]>`
    SELECT e.shared OR NOT (${NO_OLD_READERS})
           OR EXISTS (SELECT FROM integration_endpoint o WHERE o.org_id = ${orgId} AND o.secret_arn = ${secretArn} AND o.login_identity <> e.login_identity) AS concerns
      FROM (SELECT i.id AS login_identity, i.shared FROM login_identity i WHERE i.id = ${loginIdentity}) e`;
  return row?.concerns ?? false;
}
