import type { Database } from '../database.ts';

export interface SecretCount {
  readonly orgId: string;
  readonly store: 'ssm' | 'secrets-manager' | 'vault';
  /** Different secrets; endpoints that share one count once. */
  readonly secrets: number;
  /** Rotations of them in a year, as their portal types' intervals say; those rotated by hand included. */
  readonly rotationsPerYear: number;
}

/** How many secrets lie where, per organization: what the stores are paid for. For roles that act for every organization. */
export async function countSecrets(db: Database): Promise<SecretCount[]> {
  return db.transaction(
    'every tenant',
    (tx) => tx.$queryRaw<SecretCount[]>`
      SELECT org_id AS "orgId", store, count(*)::int AS secrets, sum(365.0 / days)::float8 AS "rotationsPerYear"
        FROM (SELECT e.org_id, e.secret_arn, min(p.rotation_interval_days) AS days,
                     CASE WHEN e.secret_arn LIKE 'vault:%' THEN 'vault'
                          WHEN e.secret_arn LIKE 'arn:%:secretsmanager:%' THEN 'secrets-manager' ELSE 'ssm' END AS store
                FROM integration_endpoint e JOIN portal_type p ON p.code = e.portal_type_code
               WHERE e.secret_arn IS NOT NULL GROUP BY e.org_id, e.secret_arn) AS secret
       GROUP BY org_id, store ORDER BY org_id, store`,
  );
}
