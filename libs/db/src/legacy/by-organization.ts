import { ofEveryLogin } from '../by-index.ts';
import type { Database, Transaction } from '../database.ts';
import { Prisma } from '../generated/client.ts';
import type { Scope } from '../scope.ts';

/** How far one organization's logins are on their way out of the database. States, not acts; times are Postgres's own. */
export interface OrganizationMigration {
  readonly orgId: string;
  /** Logins that the migration is about: they hold plaintext, or it moved them. What was never in a row is not among them. */
  readonly logins: number;
  readonly plaintext: number;
  /** The row names a secret, which was read back and compared when it was recorded. */
  readonly moved: number;
  /**
   * Of these, read from the store again later, and found to be what the row said, and nobody has begun to look again since. Where the row holds plaintext, of the version that it names, too, and
   * bound to what it held: what `scrub` asks for, but for the proof's age and whether the row still holds those bytes.
   */
  readonly proved: number;
  /** Of the moved ones, those whose row holds no plaintext any more. */
  readonly removed: number;
  readonly movedFirstAt: Date | null;
  readonly movedLastAt: Date | null;
  /** The oldest of the newest proofs: since then each moved login was proved. `null`: not each has been. */
  readonly provedSince: Date | null;
  readonly removedLastAt: Date | null;
  /** Whether the storage was rewritten after the last removal. `null`: nothing was removed. */
  readonly rewritten: boolean | null;
}

/** What was proved of each login `e`, as `p`: looked up for each, where they are the few of one organization. */
const PROOFS_OF_ONE = Prisma.sql`
  CROSS JOIN LATERAL (
    SELECT min(m.proved_at) FILTER (WHERE m.step = 'applied') AS applied_first, max(m.proved_at) FILTER (WHERE m.step = 'applied') AS applied_last,
           max(m.proved_at) FILTER (WHERE m.step = 'verified' AND m.secret_arn = e.secret_arn AND m.look IS NOT DISTINCT FROM l.number
             AND (NOT e.has_legacy_credentials OR m.binds_row AND m.version = e.current_version)) AS verified
      FROM migration_proof m LEFT JOIN newest_look l ON l.endpoint_id = m.endpoint_id AND l.org_id = m.org_id
     WHERE m.endpoint_id = e.id AND m.org_id = e.org_id) p`;

/** The same, read once for all of them. */
const PROOFS_OF_ALL = Prisma.sql`
  LEFT JOIN (SELECT m.endpoint_id, m.org_id, min(m.proved_at) AS applied_first, max(m.proved_at) AS applied_last
               FROM migration_proof m WHERE m.step = 'applied' GROUP BY 1, 2) a ON a.endpoint_id = e.id AND a.org_id = e.org_id
  LEFT JOIN (SELECT m.endpoint_id, m.org_id, m.secret_arn, max(m.proved_at) AS verified, max(m.proved_at) FILTER (WHERE m.binds_row AND m.version = n.current_version) AS removable
               FROM migration_proof m JOIN integration_endpoint n ON n.id = m.endpoint_id AND n.org_id = m.org_id AND n.secret_arn = m.secret_arn
               LEFT JOIN newest_look l ON l.endpoint_id = m.endpoint_id AND l.org_id = m.org_id
              WHERE m.step = 'verified' AND m.look IS NOT DISTINCT FROM l.number GROUP BY 1, 2, 3) v ON v.endpoint_id = e.id AND v.org_id = e.org_id
  CROSS JOIN LATERAL (SELECT a.applied_first, a.applied_last, CASE WHEN e.has_legacy_credentials THEN v.removable ELSE v.verified END AS verified) p`;

/** One row for each organization that has such logins, by its id; `scope`: of one alone. For `rcm_migrator`, `rcm_console`. */
export async function migrationByOrganization(db: Database, scope: Scope = 'every tenant'): Promise<readonly OrganizationMigration[]> {
  const isOfOne = typeof scope === 'object';
  const read = (tx: Transaction): Promise<OrganizationMigration[]> => tx.$queryRaw<OrganizationMigration[]>`
      SELECT e.org_id AS "orgId", count(*)::int AS logins, (count(*) FILTER (WHERE e.has_legacy_credentials))::int AS plaintext,
             (count(*) FILTER (WHERE e.secret_arn IS NOT NULL))::int AS moved,
             (count(*) FILTER (WHERE e.secret_arn IS NOT NULL AND p.verified IS NOT NULL))::int AS proved,
             (count(*) FILTER (WHERE e.secret_arn IS NOT NULL AND NOT e.has_legacy_credentials))::int AS removed,
             min(p.applied_first) AS "movedFirstAt", max(p.applied_last) AS "movedLastAt",
             CASE WHEN bool_and(p.verified IS NOT NULL) FILTER (WHERE e.secret_arn IS NOT NULL) THEN min(p.verified) FILTER (WHERE e.secret_arn IS NOT NULL) END AS "provedSince",
             max(s.scrubbed_at) AS "removedLastAt", bool_and(s.scrubbed_at <= coalesce(s.rewritten_as_of, '-infinity')) AS rewritten
        FROM integration_endpoint e
       ${isOfOne ? PROOFS_OF_ONE : PROOFS_OF_ALL}
        LEFT JOIN storage_state s ON s.org_id = e.org_id
       WHERE (e.has_legacy_credentials OR (p.applied_first IS NOT NULL AND e.retired_at IS NULL)) AND ${isOfOne ? Prisma.sql`e.org_id = ${scope.tenant}` : Prisma.sql`true`}
       GROUP BY e.org_id ORDER BY e.org_id`;
  return isOfOne ? db.transaction(scope, read) : ofEveryLogin(db, scope, read);
}
