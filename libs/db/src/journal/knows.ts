import type { Database } from '../database.ts';
import { isUuid } from '../input.ts';

/**
 * Whether the journal knows that this rotation of the organization's came to its end. One that made a secret current and is not known was
 * made after the moment to which the database has been restored. An end without a promotion counts too: an attempt that died may have
 * made the copy of an abandoned one current before it could say so. What is no UUID is no rotation of ours, and nothing to know.
 */
export async function knowsRotation(db: Database, { orgId, attemptId }: { readonly orgId: string; readonly attemptId: string }): Promise<boolean> {
  if (!isUuid(attemptId)) return true;
  const row = await db.transaction({ tenant: orgId }, (tx) =>
    tx.rotationAttempt.findFirst({ where: { id: attemptId, orgId }, select: { promotedVersion: true, endedAt: true } }),
  );
  return row !== null && (row.promotedVersion !== null || row.endedAt !== null);
}
