import type { Database } from '../database.ts';
import { isUuid } from '../input.ts';
import { recordedRow } from './proofs.ts';
import { rowSince, type RowSince } from './row.ts';

interface OfSecret {
  readonly endpointId: string;
  readonly orgId: string;
  readonly secretArn: string;
}

/** Whether a row with these fingerprints, by each key that is known, is still what was recorded of it at apply, or at a later verify. */
export async function rowSinceRecorded(db: Database, { fingerprints, ...secret }: OfSecret & { readonly fingerprints: readonly string[] }): Promise<RowSince> {
  const recorded = await db.transaction({ tenant: secret.orgId }, (tx) => recordedRow(tx, secret));
  return rowSince(recorded, fingerprints);
}

/**
 * Whether the journal says that this attempt made its password current in this secret. A payload that merely names an attempt proves
 * nothing: a person can have copied it. Any of the organization's endpoints that share the secret may have been the one that was rotated.
 */
export async function wasPromoted(
  db: Database,
  { orgId, secretArn, attemptId }: { readonly orgId: string; readonly secretArn: string; readonly attemptId: string },
): Promise<boolean> {
  if (!isUuid(attemptId)) return false;
  const attempt = await db.transaction({ tenant: orgId }, (tx) =>
    tx.rotationAttempt.findFirst({ where: { id: attemptId, orgId, secretArn, promotedVersion: { not: null } }, select: { id: true } }),
  );
  return attempt !== null;
}
