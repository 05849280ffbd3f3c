import type { Database } from '../database.ts';
import type { KeyUse } from './check.ts';

/** What is under a key, over all tenants. */
export interface KeyRows {
  readonly use: KeyUse;
  readonly keyId: string;
  /**
   * `logins that nobody has now`: no endpoint has them in a store, and what was tried lately counts if one comes back. `rows that are not migrated`: they have a name, and no
   * secret of their account takes it along. `proofs`: of rows that still hold plaintext.
   */
  readonly what: 'logins' | 'logins that nobody has now' | 'rows that are not migrated' | 'passwords' | 'proofs' | 'used backup codes';
  readonly count: number;
}

/** By use and key. For `rcm_rotator`. */
export async function keyRows(db: Database): Promise<KeyRows[]> {
  return db.transaction(
    'every tenant',
    (tx) => tx.$queryRaw<KeyRows[]>`
      SELECT use, key_id AS "keyId", what, count::int AS count FROM rcm_key_rows()
      UNION ALL
      SELECT 'identity', i.key_id, 'rows that are not migrated', count(*)::int FROM integration_endpoint e JOIN login_identity i ON i.id = e.login_identity
       WHERE e.secret_arn IS NULL AND NOT EXISTS (SELECT FROM integration_endpoint o WHERE o.login_identity = i.id AND o.secret_arn IS NOT NULL)
       GROUP BY i.key_id`,
  );
}

/**
 * Forgets the fingerprints of passwords of logins that no endpoint has in a store any more: those made with another key than `keptKeyId`, or, without one,
 * all that were tried more than `days` ago. What failed still counts; only with which password is forgotten. Returns how many attempts forgot theirs.
 */
export async function forgetLeftPasswords(db: Database, which: { readonly keptKeyId: string } | { readonly days: number }): Promise<number> {
  const [keptKeyId, days] = 'days' in which ? [null, which.days] : [which.keptKeyId, 0];
  const [row] = await db.transaction(
    'no tenant',
    (tx) =>
      tx.$queryRaw<
        { forgotten: number }[]
      >`SELECT rcm_forget_left_passwords(${keptKeyId}, clock_timestamp() - make_interval(days => ${days}::int)) AS forgotten`,
  );
  return row?.forgotten ?? 0;
}
