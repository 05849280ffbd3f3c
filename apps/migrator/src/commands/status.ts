import { listStorageOutside, migrationCounts, organizationsRemovedByHand, storageRewriteState, unfinishedRuns } from '@rcm/db/migration';
import type { Migration } from '../migration.ts';
import { outsideLines } from '../outside.ts';
import type { Report } from '../report.ts';
import { countElsewhere } from './beside.ts';
import { runLine } from './runs.ts';
import { elsewhereLines } from './tally.ts';

/** Runs that are named, at most. */
const UNFINISHED_SHOWN = 20;

/** How far the migration is. Counts of states, not of acts. Complete only while no plaintext, and nothing that a scrub should have removed, is known to be there. */
export async function status(migration: Migration): Promise<Report> {
  const { endpoints, legacy, migrated, verified, scrubbed } = await migrationCounts(migration.db);
  const elsewhere = await countElsewhere(migration);
  const outside = (await listStorageOutside(migration.db)).map(({ kind, since }) => ({ kind, since: since.toISOString() }));
  const { pending } = await storageRewriteState(migration.db);
  const rewritePending = pending || (await organizationsRemovedByHand(migration.db)).length > 0;
  const unfinished = await unfinishedRuns(migration.db, { limit: UNFINISHED_SHOWN });
  return {
    json: {
      ...{ endpoints, legacy, migrated, verified, scrubbed, rewritePending, elsewhere, outside },
      unfinished: unfinished.map(({ id, command, filters, state, counts }) => ({ id, command, filters, state, counts })),
    },
    lines: [
      `Endpoints: ${endpoints}. With plaintext: ${legacy}. Migrated: ${migrated}. Verified: ${verified}. Scrubbed: ${scrubbed}.`,
      ...(rewritePending ? ['The rewrite of the storage is pending: dead rows may still hold plaintext. Run scrub.'] : []),
      ...elsewhereLines(elsewhere),
      ...outsideLines(outside.map(({ kind }) => kind)),
      ...unfinished.map((run) => `  not finished: run ${runLine(run)}`),
    ],
    complete: legacy === 0 && !rewritePending && elsewhere.length + outside.length + unfinished.length === 0,
  };
}
