import type { Database } from '../database.ts';
import { checkMs } from '../input.ts';

interface ReadVersion {
  readonly orgId: string;
  readonly endpointId: string;
  readonly loginIdentity: string;
  /** What the row says is current, and what the store answered instead. */
  readonly current: string | null;
  readonly read: string;
  /** The rotation that made what was read, as it names itself; `null`: none. */
  readonly madeBy: string | null;
  /** Only where the rotation ended less than so many milliseconds ago; default: whenever it did. */
  readonly withinMs?: number;
}

/** What was read is what a rotation replaced when it made `current`, or what the row named until it followed its store. */
export type Replaced = 'by_rotation' | 'by_edit';

/** For so long a store may answer what it held before: much longer than SSM and Secrets Manager take to agree with themselves. */
export const BEHIND_MS = 60_000;

/**
 * Whether what was read was replaced by `current`. Then the store has answered with what it held a moment ago, as SSM and Secrets Manager may; or a person has
 * gone back to it, as Secrets Manager lets them without a new version. Nobody can tell by the version which of the two it is.
 * - By a rotation, whenever that was. What that rotation made itself it did not replace: of a secret that was lost and made anew the versions begin again.
 * - By an edit, a typed password or one that a search found: all that is known of it is that the row followed. So it counts for `BEHIND_MS` alone; what is still
 *   there then is what the store holds, put back or made anew.
 */
export async function wasReplaced(db: Database, { orgId, endpointId, loginIdentity, current, read, madeBy, withinMs }: ReadVersion): Promise<Replaced | null> {
  const ms = withinMs === undefined ? null : checkMs('withinMs', withinMs);
  const [row] = await db.transaction(
    { tenant: orgId },
    (tx) => tx.$queryRaw<{ rotation: boolean; edit: boolean }[]>`
      SELECT EXISTS (SELECT FROM rotation_attempt
                      WHERE org_id = ${orgId} AND login_identity = ${loginIdentity} AND promoted_version = ${current}::text
                        AND id::text IS DISTINCT FROM ${madeBy}::text
                        AND (base_version = ${read} OR previous_version = ${read})
                        AND (${ms}::float8 IS NULL OR coalesce(ended_at, updated_at) > now() - make_interval(secs => ${ms}::float8 / 1000))) AS rotation,
             EXISTS (SELECT FROM integration_endpoint
                      WHERE org_id = ${orgId} AND id = ${endpointId} AND current_version = ${current}::text AND followed_from = ${read}
                        AND followed_at > now() - make_interval(secs => ${BEHIND_MS}::float8 / 1000)) AS edit`,
  );
  if (row?.rotation) return 'by_rotation';
  return row?.edit ? 'by_edit' : null;
}
