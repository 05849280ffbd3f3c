import { Prisma } from '../generated/client.ts';
import type { Transaction } from '../database.ts';

/**
 * Condition on login attempts `a`: made with the secret that an endpoint names now. Versions of SSM and Vault are numbers that every secret
 * counts from one, and a login may lie in several secrets, or in one after the other; what is known of a version of one says nothing of
 * another's. A staged password is named by its attempt, which nothing else has.
 */
export const ofSameSecret = (endpointId: string): Prisma.Sql => Prisma.sql`
  (a.version LIKE 'staged:%' OR EXISTS (
     SELECT FROM integration_endpoint tried JOIN integration_endpoint own ON own.org_id = tried.org_id AND own.secret_arn = tried.secret_arn
      WHERE tried.id = a.endpoint_id AND own.id = ${endpointId} AND a.started_at >= coalesce(tried.secret_taken_at, '-infinity')))`;

export interface VersionRecord {
  /** The portal refused it: never again. */
  readonly isBad: boolean;
  /** It was accepted once and refused later: it rests until then. */
  readonly suspectUntil: Date | null;
}

/** What the ledger says against one version of a login's password. */
export async function versionRecord(
  tx: Transaction,
  { loginIdentity, endpointId, version }: { readonly loginIdentity: string; readonly endpointId: string; readonly version: string },
): Promise<VersionRecord> {
  const [row] = await tx.$queryRaw<VersionRecord[]>`
    SELECT EXISTS (SELECT FROM login_attempt a WHERE a.login_identity = ${loginIdentity} AND a.version = ${version} AND a.effect = 'version_bad'
                      AND ${ofSameSecret(endpointId)}) AS "isBad",
           (SELECT max(a.suspect_until) FROM login_attempt a WHERE a.login_identity = ${loginIdentity} AND a.version = ${version} AND a.suspect_until > clock_timestamp()
               AND ${ofSameSecret(endpointId)}) AS "suspectUntil"`;
  return row ?? { isBad: false, suspectUntil: null };
}
