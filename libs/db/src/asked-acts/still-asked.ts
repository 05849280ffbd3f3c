import type { Database } from '../database.ts';
import { checkId, checkUuid } from '../input.ts';
import { scopeOfAsked } from './asked.ts';
import { HOLDS } from './holds.ts';

/**
 * Whether what this process has taken is still to be done: a process that stood still goes on late. Its request may have ended by then, and whoever asked was told so; or what holds for one moment
 * alone would be done to a login that has moved on since. To be asked once it is known what would be done, so that no more can change between. For `rcm_rotator`.
 */
export async function isStillAsked(db: Database, { id, orgId }: { readonly id: string; readonly orgId: string | null }): Promise<boolean> {
  checkUuid('id', id);
  if (orgId !== null) checkId('orgId', orgId);
  const rows = await db.transaction(
    scopeOfAsked(orgId),
    (tx) => tx.$queryRaw<unknown[]>`
      SELECT FROM login_request r WHERE r.id = ${id}::uuid AND r.org_id IS NOT DISTINCT FROM ${orgId}::text AND r.ended_at IS NULL AND (${HOLDS})`,
  );
  return rows.length > 0;
}
