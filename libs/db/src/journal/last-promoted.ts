import type { Database } from '../database.ts';
import { isUuid } from '../input.ts';

/**
 * Whether a rotation that came after this one was promoted for the same login: what carries this one's id was then made from a copy that
 * somebody had opened before. What is no UUID is no rotation of ours, and of one that the journal does not know nothing is said (`knowsRotation`).
 */
export async function isOutrun(db: Database, asked: { readonly orgId: string; readonly loginIdentity: string; readonly attemptId: string }): Promise<boolean> {
  const { orgId, loginIdentity, attemptId } = asked;
  if (!isUuid(attemptId)) return false;
  const [row] = await db.transaction(
    { tenant: orgId },
    (tx) => tx.$queryRaw<{ outrun: boolean }[]>`
      SELECT EXISTS (SELECT FROM rotation_attempt mine JOIN rotation_attempt later ON later.login_identity = mine.login_identity AND later.org_id = mine.org_id
                      WHERE mine.id = ${attemptId}::uuid AND mine.login_identity = ${loginIdentity} AND mine.ended_at IS NOT NULL
                        AND later.id <> mine.id AND later.promoted_version IS NOT NULL AND later.ended_at > mine.ended_at) AS outrun`,
  );
  return row?.outrun ?? false;
}
