import { parseReference } from '@rcm/credentials';
import { listCopiesToRemove, noteCopyRemoved, recordAuditEvent } from '@rcm/db';
import type { Rotator } from '../rotate.ts';

/** Removes staged copies that abandoned attempts left long ago. One that cannot be removed now is tried in the next round. */
export async function removeOldCopies(rotator: Rotator, { limit, signal }: { readonly limit: number; readonly signal: AbortSignal }): Promise<void> {
  const { db, logger, environment, owner } = rotator;
  for (const { id, orgId, endpointId, portalTypeCode, secretArn } of await listCopiesToRemove(db, { limit })) {
    if (signal.aborted) return;
    const slot = { current: parseReference(secretArn), attemptId: id, tags: { TenantId: orgId, Environment: environment, PortalType: portalTypeCode } };
    try {
      await recordAuditEvent(db, {
        orgId,
        actor: owner,
        action: 'secret.discard',
        subject: endpointId,
        reason: 'a copy that an abandoned attempt left',
        details: { attemptId: id },
      });
      await rotator.stores.forTenant(orgId).discard(slot, { signal });
      await noteCopyRemoved(db, { attemptId: id, orgId });
    } catch (error) {
      logger.warn({ err: error, attemptId: id, endpointId }, 'an old staged copy could not be removed');
    }
  }
}
