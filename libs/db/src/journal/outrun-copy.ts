import type { Database } from '../database.ts';
import { isUuid } from '../input.ts';

interface OpenedCopy {
  readonly orgId: string;
  readonly loginIdentity: string;
  /** The rotation whose id a stored text carries. */
  readonly attemptId: string;
}

interface Promoted {
  readonly attemptId: string;
  /** The store's version that it made. */
  readonly version: string;
}

export interface OutrunCopy {
  /** The last promoted rotation of the login. */
  readonly newest: Promoted;
  /** The version that the carried rotation made; `null`: it made none current. */
  readonly openedVersion: string | null;
}

/**
 * Whether a rotation that came after the carried one was promoted for the same login: then the text was made from a copy that somebody had opened
 * before. `null`: it was not; nor is anything said of what is no UUID (no rotation of ours), or of one that the journal does not know (`knowsRotation`).
 */
export async function outrunCopy(db: Database, { orgId, loginIdentity, attemptId }: OpenedCopy): Promise<OutrunCopy | null> {
  if (!isUuid(attemptId)) return null;
  const [row] = await db.transaction(
    { tenant: orgId },
    (tx) => tx.$queryRaw<{ id: string; version: string; openedVersion: string | null }[]>`
      SELECT later.id::text, later.promoted_version AS version, mine.promoted_version AS "openedVersion"
        FROM rotation_attempt mine JOIN rotation_attempt later ON later.login_identity = mine.login_identity AND later.org_id = mine.org_id
       WHERE mine.id = ${attemptId}::uuid AND mine.login_identity = ${loginIdentity} AND mine.ended_at IS NOT NULL
         AND later.id <> mine.id AND later.promoted_version IS NOT NULL AND later.ended_at > mine.ended_at
       ORDER BY later.ended_at DESC LIMIT 1`,
  );
  return row ? { newest: { attemptId: row.id, version: row.version }, openedVersion: row.openedVersion } : null;
}

/**
 * The last promoted rotation of a login that did not end before a moment: of a text that names no rotation, only the time says whether one came after it. `null`:
 * there is none.
 */
export async function promotedSince(
  db: Database,
  { orgId, loginIdentity, since }: { readonly orgId: string; readonly loginIdentity: string; readonly since: Date },
): Promise<Promoted | null> {
  const [row] = await db.transaction(
    { tenant: orgId },
    (tx) => tx.$queryRaw<Promoted[]>`
      SELECT id::text AS "attemptId", promoted_version AS version FROM rotation_attempt
       WHERE login_identity = ${loginIdentity} AND org_id = ${orgId} AND promoted_version IS NOT NULL AND (ended_at IS NULL OR ended_at >= ${since})
       ORDER BY coalesce(ended_at, 'infinity') DESC LIMIT 1`,
  );
  return row ?? null;
}
