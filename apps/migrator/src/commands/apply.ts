import { type EndpointRow, listEndpoints, listSharedIdentities, migrationCounts } from '@rcm/db';
import { migrateEndpoint, type Moved } from '../credential/move.ts';
import { type Migration, PAGE_SIZE, pages } from '../migration.ts';
import { workThrough } from '../pacing/pool.ts';
import { byEndpoint, type Failure, failureLines, failureOf, type Report } from '../report.ts';
import { sharedLines } from './plan.ts';

/** Shared logins named in a report, at most. */
const MAX_SHARED = 100;

/**
 * Writes a secret for every endpoint that has legacy credentials and none yet. May be repeated and run twice at once: what is
 * there is adopted when it is the same and left alone when it is not. One endpoint's failure does not stop the others.
 */
export async function apply(migration: Migration): Promise<Report> {
  const before = await migrationCounts(migration.db);
  const count: Record<Moved, number> = { migrated: 0, already: before.migrated };
  const failed: Failure[] = [];
  const progress = migration.progress('apply', Math.min(before.legacy, before.endpoints - before.migrated));
  const finished = await workThrough(unmigrated(migration), { concurrency: migration.concurrency, stop: migration.stopping }, async (endpoint) => {
    try {
      count[await migrateEndpoint(migration, endpoint)] += 1;
    } catch (error) {
      failed.push(failureOf(endpoint.id, error, migration.logger));
    }
    progress.step();
  });
  progress.end();
  const shared = await listSharedIdentities(migration.db, { limit: MAX_SHARED });
  return {
    json: {
      ...count,
      failed: byEndpoint(failed),
      shared: shared.map(({ endpointIds, organizations }) => ({ endpointIds, organizations })),
      interrupted: !finished,
    },
    lines: [
      `Migrated: ${count.migrated}. Already migrated: ${count.already}. Failed: ${failed.length}.${finished ? '' : ' Stopped before the end; run it again.'}`,
      ...failureLines(byEndpoint(failed)),
      ...sharedLines(shared),
    ],
    complete: finished && failed.length === 0,
  };
}

async function* unmigrated(migration: Migration): AsyncGenerator<EndpointRow> {
  for await (const page of pages(
    (after) => listEndpoints(migration.db, { after, limit: PAGE_SIZE }),
    (endpoint) => endpoint.id,
  )) {
    yield* page.filter((endpoint) => endpoint.hasLegacyCredentials && endpoint.secretArn === null);
  }
}
