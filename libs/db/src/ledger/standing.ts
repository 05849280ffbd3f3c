import type { Database } from '../database.ts';
import { ofSameSecret } from './version-record.ts';

/** What the ledger and the journal know about one version of a login's password (DESIGN "Login"). */
export interface VersionStanding {
  /** It belongs to the open rotation attempt, or was promoted less than `settle` ago: the portal may not know it everywhere yet. */
  readonly fresh: boolean;
  /** The portal accepted it, and no rejection of it since was suspect: a rejection now is surprising. */
  readonly acceptedBefore: boolean;
}

/**
 * The standing of a version, asked before its outcome is written. A staged version (`staged:<attempt id>`) is fresh while that attempt is
 * open, and once promoted it keeps the acceptance that it was verified with. A version that was accepted and then suspect once is not surprising any more: the
 * second rejection, after the pause, is proof. What a rotation promoted is asked without its secret: a login in two of them is not rotated.
 */
export async function versionStanding(
  db: Database,
  known: { readonly orgId: string; readonly endpointId: string; readonly loginIdentity: string; readonly version: string; readonly settleMs: number },
): Promise<VersionStanding> {
  const { orgId, endpointId, loginIdentity, version, settleMs } = known;
  const [row] = await db.transaction(
    { tenant: orgId },
    (tx) => tx.$queryRaw<VersionStanding[]>`
      SELECT EXISTS (SELECT 1 FROM rotation_attempt r WHERE r.login_identity = ${loginIdentity}
                AND ((r.ended_at IS NULL AND (${version} = 'staged:' || r.id::text OR r.promoted_version = ${version}))
                  OR (r.promoted_version = ${version} AND r.updated_at > clock_timestamp() - make_interval(secs => ${settleMs}::float8 / 1000)))) AS fresh,
             coalesce((SELECT a.outcome = 'accepted' FROM login_attempt a
               WHERE a.login_identity = ${loginIdentity} AND (a.outcome = 'accepted' OR a.effect = 'suspect')
                 AND ((a.version = ${version} AND ${ofSameSecret(endpointId)}) OR a.version IN (
                   SELECT 'staged:' || r.id::text FROM rotation_attempt r WHERE r.login_identity = ${loginIdentity} AND r.promoted_version = ${version}))
               ORDER BY a.started_at DESC LIMIT 1), false) AS "acceptedBefore"`,
  );
  return row ?? { fresh: false, acceptedBefore: false };
}
