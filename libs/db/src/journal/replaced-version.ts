import type { Database } from '../database.ts';
import { checkMs } from '../input.ts';

interface ReadVersion {
  readonly orgId: string;
  readonly loginIdentity: string;
  /** What the row says is current, and what the store answered instead. */
  readonly current: string | null;
  readonly read: string;
  /** The rotation that made what was read, as it names itself; `null`: none. */
  readonly madeBy: string | null;
  /** Only where the rotation ended less than so many milliseconds ago; default: whenever it did. */
  readonly withinMs?: number;
}

/**
 * Whether what was read is what a rotation replaced when it made `current`. Then the store has answered with what it held a moment ago, as SSM and Secrets
 * Manager may; or a person has gone back to it, as Secrets Manager lets them without a new version. Nobody can tell by the version which of the two it is.
 * What that rotation made itself it did not replace: of a secret that was lost and made anew the versions begin again.
 */
export async function wasReplaced(db: Database, { orgId, loginIdentity, current, read, madeBy, withinMs }: ReadVersion): Promise<boolean> {
  const ms = withinMs === undefined ? null : checkMs('withinMs', withinMs);
  const [row] = await db.transaction(
    { tenant: orgId },
    (tx) => tx.$queryRaw<{ was: boolean }[]>`
      SELECT EXISTS (SELECT FROM rotation_attempt
                      WHERE org_id = ${orgId} AND login_identity = ${loginIdentity} AND promoted_version = ${current}::text
                        AND id::text IS DISTINCT FROM ${madeBy}::text
                        AND (base_version = ${read} OR previous_version = ${read})
                        AND (${ms}::float8 IS NULL OR coalesce(ended_at, updated_at) > now() - make_interval(secs => ${ms}::float8 / 1000))) AS was`,
  );
  return row?.was ?? false;
}
