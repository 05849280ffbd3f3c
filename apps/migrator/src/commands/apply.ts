import { Readable } from 'node:stream';
import { type EndpointRow, listEndpoints } from '@rcm/db';
import { gatherCredentials, listConfigs, migrationCounts } from '@rcm/db/migration';
import { listSharedIdentities } from '@rcm/db/rotation';
import { lookInto } from '../credential/look.ts';
import { migrateAfterOthers, migrateEndpoint } from '../credential/move.ts';
import { nameRows } from '../credential/name-rows.ts';
import { eachEndpoint, endedEarly, endOf } from '../each-endpoint.ts';
import { each, type Migration, PAGE_SIZE, pages, wanted } from '../migration.ts';
import { byEndpoint, failureLines, type Report } from '../report.ts';
import { sharedLines } from './plan.ts';

/** Shared logins named in a report, at most. */
const MAX_SHARED = 100;

/**
 * Writes a secret for every endpoint that has legacy credentials and none yet. May be repeated and run twice at once: what is
 * there is adopted when it is the same and left alone when it is not. One endpoint's failure does not stop the others.
 */
export async function apply(migration: Migration): Promise<Report> {
  const before = await migrationCounts(migration.db);
  const taken: EndpointRow[] = [];
  const run = (items: AsyncIterable<EndpointRow>, total: number, move: typeof migrateEndpoint) =>
    eachEndpoint(migration, {
      what: 'apply',
      total,
      items,
      endpointOf: (endpoint) => endpoint,
      ends: ['migrated', 'already', 'empty', 'taken'],
      act: async (endpoint) => {
        const end = await move(migration, endpoint);
        if (end === 'taken') taken.push(endpoint);
        return end;
      },
    });
  // One that cannot be named stops no other, and is told of in the log; what lets rotations begin insists (scrub).
  // While an identity key is changed, names that were made with the other one are made anew: without it they would be nobody's.
  await nameRows(migration, migration.keys.previous ? 'every' : 'unnamed');
  const first = await run(unmigrated(migration), Math.min(before.legacy, before.endpoints - before.migrated), migrateEndpoint);
  // What another migrator was at: it will have done that soon, or has died.
  const second = first.finished && taken.length > 0 ? await run(Readable.from([...taken]), taken.length, migrateAfterOthers) : null;
  const last = second ?? first;
  const runs = second === null ? [first] : [first, second];
  const failed = runs.flatMap((each) => each.failed);
  const ended = (as: 'migrated' | 'already' | 'empty'): number => runs.reduce((sum, { count }) => sum + count[as], 0);
  const [migrated, already, empty] = [ended('migrated'), before.migrated + ended('already'), ended('empty')];
  const shared = await listSharedIdentities(migration.db, { limit: MAX_SHARED });
  return {
    json: {
      migrated,
      already,
      empty,
      failed: byEndpoint(failed),
      shared: shared.map(({ endpointIds, organizations }) => ({ endpointIds, organizations })),
      interrupted: !last.finished,
    },
    lines: [
      `Migrated: ${migrated}. Already migrated: ${already}. Held nothing: ${empty}. Failed: ${failed.length}.${endedEarly(last)}`,
      ...failureLines(byEndpoint(failed)),
      ...sharedLines(shared),
    ],
    complete: last.finished && failed.length === 0,
    end: endOf(last),
  };
}

async function* unmigrated(migration: Migration): AsyncGenerator<EndpointRow> {
  if (migration.vocabulary.places.length > 0) await gather(migration);
  for await (const page of pages(
    (after) => listEndpoints(migration.db, { after, limit: PAGE_SIZE }),
    (endpoint) => endpoint.id,
  )) {
    yield* page.filter((endpoint) => endpoint.hasLegacyCredentials && endpoint.secretArn === null);
  }
}

/** Logins that lie elsewhere in `config` first come where the other steps look for them: of those that are to be moved, and of no others. */
async function gather(migration: Migration): Promise<void> {
  for await (const { endpoint, place } of wanted(migration.filter, toMove(migration), (one) => one.endpoint))
    if (place) await migration.patience(null, () => gatherCredentials(migration.db, { endpointId: endpoint.id, orgId: endpoint.orgId, place }));
}

/** Each row that has a login and no secret yet; `place`: where it lies, if that is elsewhere. */
async function* toMove(migration: Migration) {
  const rows = pages(
    (after) => listConfigs(migration.db, { after, limit: PAGE_SIZE }),
    ({ endpoint }) => endpoint.id,
  );
  for await (const { endpoint, config } of each(rows)) {
    if (endpoint.secretArn !== null) continue;
    // Of a retired endpoint nothing is moved, so nothing is copied on the way either.
    const place = endpoint.retiredAt === null ? lookInto(config, migration.vocabulary).gatherFrom : null;
    if (endpoint.hasLegacyCredentials || place) yield { endpoint, place };
  }
}
