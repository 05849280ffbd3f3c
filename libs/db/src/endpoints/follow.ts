import type { Database } from '../database.ts';
import { RcmError } from '@rcm/telemetry';
import { lockIdentity } from '../identity.ts';
import { openRotation } from '../journal/open-rotation.ts';
import { notifyCredentialChanged } from './schedule.ts';

/**
 * The store is ahead of the row (a person changed the secret): the row follows, and so do the other endpoints of the
 * organization that share the secret. Only where the row names `secretArn`, the secret that was read, `current_version` is still `from`
 * and no attempt is open for the login; returns whether it followed. `true` as well when the row already says `to`. What it said before is
 * kept, for whoever is answered that afterwards (`wasReplaced`).
 */
export async function followStoreVersion(
  db: Database,
  {
    endpointId,
    orgId,
    secretArn,
    from,
    to,
  }: { readonly endpointId: string; readonly orgId: string; readonly secretArn: string; readonly from: string | null; readonly to: string },
): Promise<boolean> {
  return db.transaction({ tenant: orgId }, async (tx) => {
    const seen = await tx.integrationEndpoint.findUnique({ where: { id: endpointId } });
    if (!seen) throw new RcmError('endpoint_unknown', `Organization ${orgId} has no endpoint ${endpointId}.`);
    if (seen.loginIdentity) await lockIdentity(tx, seen.loginIdentity);
    const endpoint = await tx.integrationEndpoint.findUniqueOrThrow({ where: { id: endpointId } });
    if (endpoint.secretArn !== secretArn) return false;
    if (endpoint.currentVersion === to) return true;
    if (endpoint.currentVersion !== from) return false;
    if (endpoint.loginIdentity && (await openRotation(tx, endpoint.loginIdentity))) return false;
    const changed = await tx.$executeRaw`
      UPDATE integration_endpoint SET current_version = ${to}, followed_from = current_version, followed_at = clock_timestamp(), updated_at = clock_timestamp()
       WHERE org_id = ${endpoint.orgId} AND secret_arn = ${secretArn} AND current_version IS NOT DISTINCT FROM ${from}::text`;
    if (changed === 0) return false;
    await notifyCredentialChanged(tx, { orgId: endpoint.orgId, secretArn });
    return true;
  });
}
