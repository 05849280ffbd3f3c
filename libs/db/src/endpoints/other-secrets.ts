import type { Database } from '../database.ts';
import { checkLimit } from '../input.ts';

/** A secret, by the first of the endpoints that name it. */
export interface OtherSecret {
  readonly endpointId: string;
  readonly secretArn: string;
}

/**
 * Where else the organization keeps this account's password, by endpoint id: people set up a login twice, or put an account into a second secret, and
 * change the password in one of them. Each secret once, and never another organization's.
 */
export async function listOtherSecrets(
  db: Database,
  { orgId, loginIdentity, secretArn, limit }: { readonly orgId: string; readonly loginIdentity: string; readonly secretArn: string; readonly limit: number },
): Promise<readonly OtherSecret[]> {
  return db.transaction(
    { tenant: orgId },
    (tx) => tx.$queryRaw<OtherSecret[]>`
      SELECT min(e.id COLLATE "C") AS "endpointId", e.secret_arn AS "secretArn" FROM integration_endpoint e
       WHERE e.login_identity = ${loginIdentity} AND e.org_id = ${orgId} AND e.secret_arn <> ${secretArn}
       GROUP BY e.secret_arn ORDER BY 1 LIMIT ${checkLimit(limit)}`,
  );
}
