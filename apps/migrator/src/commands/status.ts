import { migrationCounts, storageRewriteState } from '@rcm/db';
import type { Migration } from '../migration.ts';
import type { Report } from '../report.ts';

/** How far the migration is. Counts of states, not of acts. */
export async function status(migration: Migration): Promise<Report> {
  const { endpoints, legacy, migrated, verified, scrubbed } = await migrationCounts(migration.db);
  const { pending: rewritePending } = await storageRewriteState(migration.db);
  return {
    json: { endpoints, legacy, migrated, verified, scrubbed, rewritePending },
    lines: [
      `Endpoints: ${endpoints}. With plaintext: ${legacy}. Migrated: ${migrated}. Verified: ${verified}. Scrubbed: ${scrubbed}.`,
      ...(rewritePending ? ['The rewrite of the storage is pending: dead rows may still hold plaintext. Run scrub.'] : []),
    ],
    complete: true,
  };
}
