import { Prisma } from '../generated/client.ts';
import type { Database } from '../database.ts';
import { checkLimit } from '../input.ts';

/** Of how many of the last rotations it is asked what they replaced. */
const EDITS = 5;

/** What a login was tried with and is no version of its own secret: a staged copy, another secret's password, the beginning of one that a portal may have cut. */
const NAMED_OTHERWISE = '^(staged|elsewhere):|/[0-9]+$';

/**
 * Condition on login attempts `a`: made with the secret that an endpoint names now. Versions of SSM and Vault are numbers that every secret counts from one.
 */
const OF_SAME_SECRET = (endpointId: string): Prisma.Sql => Prisma.sql`
  EXISTS (SELECT FROM integration_endpoint tried JOIN integration_endpoint own ON own.org_id = tried.org_id AND own.secret_arn = tried.secret_arn
           WHERE tried.id = a.endpoint_id AND own.id = ${endpointId} AND a.started_at >= coalesce(tried.secret_taken_at, '-infinity'))`;

/**
 * The store's versions that logins were tried with, those first that the portal was seen to accept, the last one first: what a login typed,
 * and what a rotation promoted that had proved its staged copy; and those that people stored while a rotation was under way, which it replaced before
 * anybody had tried them. A version that was refused may be right by now: a person may have stored it before the portal knew it.
 */
export async function knownVersions(
  db: Database,
  { orgId, endpointId, loginIdentity, limit }: { readonly orgId: string; readonly endpointId: string; readonly loginIdentity: string; readonly limit: number },
): Promise<readonly { readonly version: string; readonly accepted: boolean }[]> {
  return db.transaction(
    { tenant: orgId },
    (tx) => tx.$queryRaw<{ version: string; accepted: boolean }[]>`
      SELECT v.version, bool_or(v.proved) AS accepted FROM (
        (SELECT coalesce(r.promoted_version, CASE WHEN a.version ~ ${NAMED_OTHERWISE} THEN NULL ELSE a.version END) AS version, a.started_at, a.proved
          FROM login_attempt a LEFT JOIN rotation_attempt r ON r.login_identity = a.login_identity AND 'staged:' || r.id::text = a.version
         WHERE a.login_identity = ${loginIdentity} AND a.org_id = ${orgId} AND a.outcome IS NOT NULL AND a.outcome <> 'not_submitted' AND ${OF_SAME_SECRET(endpointId)}
         ORDER BY a.started_at DESC LIMIT 200)
        UNION ALL
        (SELECT r.previous_version, coalesce(r.ended_at, r.updated_at), false
           FROM rotation_attempt r JOIN integration_endpoint own ON own.org_id = r.org_id AND own.secret_arn = r.secret_arn
          WHERE own.id = ${endpointId} AND r.login_identity = ${loginIdentity} AND r.org_id = ${orgId} AND r.promoted_version IS NOT NULL
            AND r.previous_version <> r.base_version AND r.created_at >= coalesce(own.secret_taken_at, '-infinity')
          ORDER BY r.created_at DESC LIMIT ${EDITS})) v
       WHERE v.version IS NOT NULL GROUP BY v.version ORDER BY bool_or(v.proved) DESC, max(v.started_at) DESC LIMIT ${checkLimit(limit)}`,
  );
}
