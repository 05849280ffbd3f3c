import { parsePayload, parseReference } from '@rcm/credentials';
import type { Fields } from '@rcm/credentials/legacy';
import { type EndpointConfig, listConfigs, scrubElsewhere } from '@rcm/db/migration';
import { RcmError, type Secret } from '@rcm/telemetry';
import { type Also, lookBeside, lookInto } from '../credential/look.ts';
import { isWanted, type Migration, PAGE_SIZE, pages } from '../migration.ts';
import { workThrough } from '../pacing/pool.ts';
import { type Failure, failureOf } from '../report.ts';
import type { PersonalAct } from './rollback.ts';
import { type Elsewhere, Tally } from './tally.ts';

export interface RemovedBeside {
  /** Rows from which something went. */
  readonly endpoints: number;
  readonly failed: readonly Failure[];
  /** Every row was looked at. */
  readonly finished: boolean;
}

export const NOTHING_BESIDE: RemovedBeside = { endpoints: 0, failed: [], finished: true };

/** Of rows that hold no login any more: what lies beside is compared with what the store holds. */
export async function removeBeside(migration: Migration, { also, act }: { readonly also: Also; readonly act: PersonalAct }): Promise<RemovedBeside> {
  if (also.paths.length + also.otherPaths.length === 0) return NOTHING_BESIDE;
  const failed: Failure[] = [];
  let endpoints = 0;
  const finished = await workThrough(scrubbedRows(migration), { concurrency: migration.concurrency, stop: migration.stopping }, async (row) => {
    try {
      if ((await removeOne(migration, row, { also, act })) > 0) endpoints += 1;
    } catch (error) {
      failed.push(failureOf(row.endpoint.id, error, migration.logger));
    }
  });
  return { endpoints, failed, finished };
}

async function removeOne(
  migration: Migration,
  { endpoint, config }: EndpointConfig,
  { also, act }: { readonly also: Also; readonly act: PersonalAct },
): Promise<number> {
  const { vocabulary, patience, pace, giveUp, db } = migration;
  const asked = lookBeside(config, { ...also, vocabulary });
  if (asked.places.length + asked.otherLeft.length === 0 || endpoint.secretArn === null) return 0;
  const reference = parseReference(endpoint.secretArn);
  const found = await patience(pace.reads(reference), () => migration.stores.forTenant(endpoint.orgId).read(reference, { signal: giveUp }));
  if (found === null) throw new RcmError('secret_missing', 'No secret lies where the row says, so nothing was removed beside it.');
  const stored = parsePayload(found.text) as Secret<Fields>;
  const other: string[] = [];
  const placesOf = (now: Secret<string>) => {
    const { places, otherLeft } = lookBeside(now, { ...also, vocabulary, stored });
    other.push(...otherLeft);
    return places;
  };
  const row = { endpointId: endpoint.id, orgId: endpoint.orgId, secretArn: endpoint.secretArn };
  const removed = await patience(null, () => scrubElsewhere(db, { ...row, placesOf, paths: [...also.paths, ...also.otherPaths], ...act }));
  if (other.length > 0)
    throw new RcmError(
      'state_conflict',
      `What lies at ${[...new Set(other)].join(', ')} is not what the store holds, so it may be the only copy of something. It was left; --also-other removes it all the same.`,
    );
  return removed;
}

async function* scrubbedRows(migration: Migration): AsyncGenerator<EndpointConfig> {
  for await (const page of configs(migration)) {
    yield* page.filter(({ endpoint }) => isWanted(migration.filter, endpoint) && endpoint.secretArn !== null && !endpoint.hasLegacyCredentials);
  }
}

/** What looks like a secret beside the login, over all rows that the command is asked for. */
export async function countElsewhere(migration: Migration): Promise<readonly Elsewhere[]> {
  const tally = new Tally();
  for await (const page of configs(migration)) {
    for (const { config, endpoint } of page) {
      if (isWanted(migration.filter, endpoint)) tally.elsewhere(lookInto(config, migration.vocabulary).elsewhere);
    }
  }
  return tally.json.elsewhere;
}

const configs = (migration: Migration) =>
  pages(
    (after) => listConfigs(migration.db, { after, limit: PAGE_SIZE }),
    ({ endpoint }) => endpoint.id,
  );
