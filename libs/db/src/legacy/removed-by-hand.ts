import { byIndex } from '../by-index.ts';
import type { Database } from '../database.ts';
import { markScrubbed } from './storage-state.ts';

/**
 * Organizations with rows whose plaintext a person removed by hand: old copies of it lie in the storage until that is rewritten. Known by the fingerprints that are left of it; looks at
 * each that is kept, and not at each login that has none.
 */
export async function organizationsRemovedByHand(db: Database): Promise<readonly string[]> {
  const organizations = await byIndex(
    db,
    'every tenant',
    (tx) => tx.$queryRaw<{ orgId: string }[]>`
      SELECT DISTINCT p.org_id AS "orgId" FROM migration_proof p CROSS JOIN LATERAL (
               SELECT FROM integration_endpoint e WHERE e.org_id = p.org_id AND e.id = p.endpoint_id AND NOT e.has_legacy_credentials LIMIT 1) gone
       WHERE p.fingerprint IS NOT NULL OR p.row_fingerprint IS NOT NULL
       UNION SELECT a.org_id FROM adopted_id a CROSS JOIN LATERAL (
               SELECT FROM integration_endpoint e WHERE e.org_id = a.org_id AND e.id = a.endpoint_id AND NOT e.has_legacy_credentials AND e.secret_arn IS NOT NULL LIMIT 1) gone
       WHERE a.fingerprint IS NOT NULL`,
  );
  return organizations.map(({ orgId }) => orgId);
}

/** `forgetFingerprints` for these rows; a rewrite of the storage is due from then on, as after a scrub. */
export async function forgetLeftoverFingerprints(db: Database): Promise<void> {
  for (const orgId of await organizationsRemovedByHand(db)) {
    await db.transaction({ tenant: orgId }, async (tx) => {
      await markScrubbed(tx, orgId);
      await tx.$executeRaw`
        UPDATE migration_proof p SET fingerprint = NULL, row_fingerprint = NULL FROM integration_endpoint e
         WHERE p.org_id = ${orgId} AND e.org_id = p.org_id AND e.id = p.endpoint_id
           AND NOT e.has_legacy_credentials AND (p.fingerprint IS NOT NULL OR p.row_fingerprint IS NOT NULL)`;
      await tx.$executeRaw`
        UPDATE adopted_id a SET fingerprint = NULL FROM integration_endpoint e
         WHERE a.org_id = ${orgId} AND e.org_id = a.org_id AND e.id = a.endpoint_id AND NOT e.has_legacy_credentials AND e.secret_arn IS NOT NULL AND a.fingerprint IS NOT NULL`;
    });
  }
}
