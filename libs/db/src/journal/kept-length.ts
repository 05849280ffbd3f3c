import type { Database } from '../database.ts';

/**
 * Of how many characters of a longer password a portal type was seen to keep the first, by the journal of all organizations: it cuts without a word.
 * `null`: it was never seen to.
 */
export async function keptLength(db: Database, { portalTypeCode }: { readonly portalTypeCode: string }): Promise<number | null> {
  const [row] = await db.transaction(
    'every tenant',
    (tx) => tx.$queryRaw<{ kept: number | null }[]>`
      SELECT min(substring(a.found FROM '/([0-9]+)$')::int) AS kept FROM rotation_attempt a
       WHERE a.portal_type_code = ${portalTypeCode} AND a.found LIKE '%/%' AND a.promoted_version IS NOT NULL`,
  );
  return row?.kept ?? null;
}
