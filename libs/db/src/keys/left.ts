import type { Database } from '../database.ts';
import type { KeyUse } from './check.ts';

/** What is under a key, over all tenants. */
export interface KeyRows {
  readonly use: KeyUse;
  readonly keyId: string;
  /** `logins that nobody has now`: no endpoint has them in a store, and what was tried lately counts if one comes back. `proofs`: of rows that still hold plaintext. */
  readonly what: 'logins' | 'logins that nobody has now' | 'passwords' | 'proofs' | 'used backup codes';
  readonly count: number;
}

/** By use and key. */
export async function keyRows(db: Database): Promise<KeyRows[]> {
  return db.transaction('no tenant', (tx) => tx.$queryRaw<KeyRows[]>`SELECT use, key_id AS "keyId", what, count::int AS count FROM rcm_key_rows()`);
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
