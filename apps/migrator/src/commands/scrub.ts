import { rowFingerprint } from '@rcm/credentials/legacy';
import { type EndpointRow, listEndpoints } from '@rcm/db';
import {
  checkRewriteRights,
  forgetLeftoverFingerprints,
  listStorageOutside,
  migrationCounts,
  type OutsideKind,
  recordStorageRewritten,
  rewriteStorage,
  scrubEndpoint,
  type StorageRewrite,
  storageRewriteState,
} from '@rcm/db/migration';
import { hasCode, RcmError, type Secret } from '@rcm/telemetry';
import type { MigratorConfig } from '../config.ts';
import { type Also, longestSecret, lookBeside } from '../credential/look.ts';
import { mustNameRows } from '../credential/name-rows.ts';
import { retiredRow } from '../credential/retired-row.ts';
import { eachEndpoint, endedEarly, endOf, type Worked } from '../each-endpoint.ts';
import { type Migration, PAGE_SIZE, pages } from '../migration.ts';
import { outsideLines } from '../outside.ts';
import { byEndpoint, failureLines, type Report } from '../report.ts';
import { countElsewhere, NOTHING_BESIDE, removeBeside, type RemovedBeside } from './beside.ts';
import type { PersonalAct } from './rollback.ts';
import { type Elsewhere, elsewhereLines } from './tally.ts';

export interface ScrubOptions {
  readonly config: Pick<
    MigratorConfig,
    'RCM_MIGRATOR_ADMIN_DATABASE_URL' | 'RCM_MIGRATOR_POSTGRES' | 'RCM_MIGRATOR_PROOF_MAX_AGE_MINUTES' | 'RCM_MIGRATOR_REWRITE_MINUTES'
  >;
  /** `proved`: where the proof is fresh. `none`: rewrite the storage only. */
  readonly removal: 'proved' | 'none';
  /** What else is removed. Default: nothing. */
  readonly also?: Also;
  /** Who began it, and why. */
  readonly act?: PersonalAct;
}

/**
 * Removes plaintext row by row where a fresh proof says that the store holds it, then rewrites what dead rows, statistics and
 * WAL still hold of it. A removal that was never followed by a finished rewrite is noticed by any later run.
 */
export async function scrub(migration: Migration, { config, removal, also = NO_MORE, act = OF_THE_MIGRATION }: ScrubOptions): Promise<Report> {
  const adminUrl = config.RCM_MIGRATOR_ADMIN_DATABASE_URL;
  // Before anything is removed: plaintext that cannot be rewritten away would only look gone.
  if (!adminUrl)
    throw new RcmError('config_invalid', 'scrub rewrites the storage by a login that may: set RCM_MIGRATOR_ADMIN_DATABASE_URL_FILE. Nothing was removed.');
  const server = config.RCM_MIGRATOR_POSTGRES;
  await checkRewriteRights({ url: adminUrl.reveal(), server });
  // Rows that have come since apply, or in which another account lies by now.
  if (removal === 'proved') await mustNameRows(migration);
  const gone: Secret<string>[] = [];
  const removed =
    removal === 'proved' ? await removePlaintext(migration, { proofMaxAgeMs: config.RCM_MIGRATOR_PROOF_MAX_AGE_MINUTES * 60_000, also, gone }) : NOTHING;
  const beside = removal === 'proved' ? await removeBeside(migration, { also, act }) : NOTHING_BESIDE;
  // Before the rewrite, which takes their dead rows off the disk, too; whoever is asked to stop leaves both to the next run.
  await migration
    .patience(null, () => forgetLeftoverFingerprints(migration.db))
    .catch((error: unknown) => {
      if (!migration.stopping.aborted || !hasCode(error, 'cancelled')) throw error;
    });
  const state = await storageRewriteState(migration.db);
  const isDue = state.pending || removal === 'none';
  const rewrite = isDue ? await rewritten(migration, { config, url: adminUrl, gone }) : null;
  if (rewrite) await recordStorageRewritten(migration.db, { ...state, ...rewrite });
  const outside = (await listStorageOutside(migration.db)).map(({ kind }) => kind);
  const isLeft = isDue && rewrite === null;
  return reportOf({ removed, beside, rewrite, isLeft, outside, elsewhere: await countElsewhere(migration) });
}

/** `null`: it was asked to stop, before it began or while it waited for others. */
async function rewritten(
  { logger, stopping }: Migration,
  { config, url, gone }: { readonly config: ScrubOptions['config']; readonly url: Secret<string>; readonly gone: readonly Secret<string>[] },
): Promise<StorageRewrite | null> {
  if (stopping.aborted) return null;
  const minutes = config.RCM_MIGRATOR_REWRITE_MINUTES;
  return rewriteStorage({
    url: url.reveal(),
    server: config.RCM_MIGRATOR_POSTGRES,
    gone,
    tableMs: minutes * 60_000,
    onTable: (table, bytes) => logger.info({ table, bytes }, 'a table is to be written anew: nobody can use it while that is done'),
    onBusy: (statement) => logger.info({ statement, minutes }, 'others use what this needs: it is tried again for so many minutes, 2 s at a time'),
    signal: stopping,
  }).catch((error: unknown) => {
    if (stopping.aborted && hasCode(error, 'cancelled')) return null;
    throw error;
  });
}

interface Scrubbed {
  readonly removed: Removed;
  readonly beside: RemovedBeside;
  readonly rewrite: StorageRewrite | null;
  /** The storage was to be rewritten, and the run was stopped before. */
  readonly isLeft: boolean;
  readonly outside: readonly OutsideKind[];
  readonly elsewhere: readonly Elsewhere[];
}

function reportOf({ removed, beside, rewrite, isLeft, outside, elsewhere }: Scrubbed): Report {
  const { scrubbed, already } = removed.count;
  const failed = [...removed.failed, ...beside.failed];
  const run = { finished: removed.finished && beside.finished && !isLeft, stopped: removed.stopped };
  return {
    json: {
      scrubbed,
      already,
      beside: beside.endpoints,
      elsewhere,
      failed: byEndpoint(failed),
      rewritten: rewrite !== null,
      walClean: rewrite?.walClean ?? null,
      search: rewrite?.search ?? null,
      outside,
      interrupted: !run.finished,
    },
    lines: [
      `Scrubbed: ${scrubbed}. Held no plaintext any more: ${already}. Left: ${failed.length}. Storage ${storageWords(rewrite, isLeft)}.${endedEarly(run)}`,
      ...(rewrite ? rewriteLines(rewrite) : []),
      ...outsideLines(outside),
      ...elsewhereLines(elsewhere),
      ...failureLines(byEndpoint(failed)),
    ],
    // Old bytes in the server's own WAL are in somebody's reach here: there is a command that ends it.
    complete: run.finished && failed.length === 0 && elsewhere.length === 0 && !outside.includes('recycled_wal'),
    end: endOf(run),
  };
}

function storageWords(rewrite: StorageRewrite | null, isLeft: boolean): string {
  if (rewrite) return 'rewritten';
  return isLeft ? 'not rewritten: what was removed may still lie in it' : 'held nothing to rewrite';
}

const rewriteLines = ({ note, search }: StorageRewrite): readonly string[] => [
  ...(note ? [`  ${note}`] : []),
  ...(search ? [`  Searched ${search.files} files for what was removed: found in ${search.found.length}.`] : []),
];

/** Logins whose secrets are looked for in the files afterwards, at most. */
const SOUGHT = 200;

interface Removal {
  readonly proofMaxAgeMs: number;
  readonly also: Also;
  /** Some of what was removed, to be looked for afterwards. */
  readonly gone: Secret<string>[];
}

const NO_MORE: Also = { paths: [], otherPaths: [] };
const OF_THE_MIGRATION: PersonalAct = { actor: 'migrator', reason: 'migration' };

type Removed = Worked<'scrubbed' | 'already'>;

const NOTHING: Removed = { count: { scrubbed: 0, already: 0 }, failed: [], finished: true, stopped: null };

async function removePlaintext(migration: Migration, how: Removal): Promise<Removed> {
  return eachEndpoint(migration, {
    what: 'scrub',
    total: (await migrationCounts(migration.db)).endpoints,
    items: everyEndpoint(migration),
    endpointOf: (endpoint) => endpoint,
    ends: ['scrubbed', 'already'],
    act: (endpoint) => scrubOne(migration, endpoint, how),
  });
}

async function scrubOne(migration: Migration, endpoint: EndpointRow, { proofMaxAgeMs, also, gone }: Removal): Promise<'scrubbed' | 'already'> {
  if (!endpoint.hasLegacyCredentials) return 'already';
  if (endpoint.retiredAt !== null) throw retiredRow(endpoint);
  if (endpoint.secretArn === null) throw new RcmError('state_conflict', 'Not migrated yet: the plaintext is the only copy.');
  const fingerprintOf = rowFingerprint(migration.fingerprintKeys, endpoint.id);
  // Each path with the option that takes it.
  const left = new Map<string, string>();
  let removed: Secret<string> | null = null;
  const alsoOf = (config: Secret<string>) => {
    const { places, sameLeft, otherLeft } = lookBeside(config, { ...also, vocabulary: migration.vocabulary });
    for (const path of sameLeft) left.set(path, otherLeft.includes(path) ? '--also-other' : '--also');
    removed = longestSecret(config, migration.vocabulary);
    return sameLeft.length > 0 ? null : places;
  };
  const result = await migration.patience(null, () =>
    scrubEndpoint(migration.db, { endpointId: endpoint.id, orgId: endpoint.orgId, proofMaxAgeMs, fingerprintOf, alsoOf }),
  );
  if (result === 'scrubbed' && removed && gone.length < SOUGHT) gone.push(removed);
  if (result === 'elsewhere')
    throw new RcmError(
      'state_conflict',
      `The login’s own secret also lies at ${[...left.keys()].join(', ')}: without the login it would not be known for one. The row was left as it is; say ${[...left].map(([path, option]) => `${option} '${path}'`).join(' ')}.`,
    );
  if (result === 'no_proof')
    throw new RcmError('state_conflict', `No proof of its current version and its row younger than ${Math.round(proofMaxAgeMs / 60_000)} minutes: run verify.`);
  if (result === 'edited')
    throw new RcmError(
      'row_edited',
      'The row was edited after it was verified, so it may hold the only copy of a newer password. It was left as it is: run verify.',
    );
  return result;
}

async function* everyEndpoint(migration: Migration): AsyncGenerator<EndpointRow> {
  for await (const page of pages(
    (after) => listEndpoints(migration.db, { after, limit: PAGE_SIZE }),
    (row) => row.id,
  ))
    // What is done already is counted, unless only some are to be done.
    yield* page.filter((row) => row.hasLegacyCredentials || migration.filter.limit === undefined);
}
