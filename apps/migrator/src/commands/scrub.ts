import {
  checkRewriteRights,
  type EndpointRow,
  forgetLeftoverFingerprints,
  listEndpoints,
  migrationCounts,
  recordStorageRewritten,
  rewriteStorage,
  scrubEndpoint,
  storageRewriteState,
} from '@rcm/db';
import { RcmError } from '@rcm/telemetry';
import type { MigratorConfig } from '../config.ts';
import { rowFingerprint } from '../credential/fingerprint.ts';
import { type Migration, PAGE_SIZE, pages } from '../migration.ts';
import { workThrough } from '../pacing/pool.ts';
import { byEndpoint, type Failure, failureLines, failureOf, type Report } from '../report.ts';

export interface ScrubOptions {
  readonly config: Pick<MigratorConfig, 'RCM_MIGRATOR_ADMIN_DATABASE_URL' | 'RCM_MIGRATOR_PROOF_MAX_AGE_MINUTES'>;
  /** `proved`: where the proof is fresh. `none`: rewrite the storage only. */
  readonly removal: 'proved' | 'none';
}

/**
 * Removes plaintext row by row where a fresh proof says that the store holds it, then rewrites what dead rows, statistics and
 * WAL still hold of it. A removal that was never followed by a finished rewrite is noticed by any later run.
 */
export async function scrub(migration: Migration, { config, removal }: ScrubOptions): Promise<Report> {
  const adminUrl = config.RCM_MIGRATOR_ADMIN_DATABASE_URL;
  // Before anything is removed: plaintext that cannot be rewritten away would only look gone.
  if (!adminUrl)
    throw new RcmError('config_invalid', 'scrub rewrites the storage by a login that may: set RCM_MIGRATOR_ADMIN_DATABASE_URL_FILE. Nothing was removed.');
  await checkRewriteRights({ url: adminUrl.reveal() });
  const removed = removal === 'proved' ? await removePlaintext(migration, config.RCM_MIGRATOR_PROOF_MAX_AGE_MINUTES * 60_000) : NOTHING;
  // Before the rewrite, which takes their dead rows off the disk, too.
  await migration.patience(null, () => forgetLeftoverFingerprints(migration.db));
  const state = await storageRewriteState(migration.db);
  const rewritten = !migration.stopping.aborted && (state.pending || removal === 'none');
  const rewrite = rewritten ? await rewriteStorage({ url: adminUrl.reveal() }) : null;
  if (rewrite) await recordStorageRewritten(migration.db, { asOf: state.asOf, walClean: rewrite.walClean });
  const { scrubbed, already, failed, finished } = removed;
  return {
    json: { scrubbed, already, failed: byEndpoint(failed), rewritten, walClean: rewrite?.walClean ?? null, interrupted: !finished },
    lines: [
      `Scrubbed: ${scrubbed}. Held no plaintext any more: ${already}. Left: ${failed.length}. Storage ${rewritten ? 'rewritten' : 'held nothing to rewrite'}.${finished ? '' : ' Stopped before the end; run it again.'}`,
      ...(rewrite?.note ? [`  ${rewrite.note}`] : []),
      ...failureLines(byEndpoint(failed)),
    ],
    complete: finished && failed.length === 0,
  };
}

interface Removed {
  readonly scrubbed: number;
  readonly already: number;
  readonly failed: readonly Failure[];
  readonly finished: boolean;
}

const NOTHING: Removed = { scrubbed: 0, already: 0, failed: [], finished: true };

async function removePlaintext(migration: Migration, proofMaxAgeMs: number): Promise<Removed> {
  const count = { scrubbed: 0, already: 0 };
  const failed: Failure[] = [];
  const { endpoints } = await migrationCounts(migration.db);
  const progress = migration.progress('scrub', endpoints);
  const finished = await workThrough(everyEndpoint(migration), { concurrency: migration.concurrency, stop: migration.stopping }, async (endpoint) => {
    try {
      count[await scrubOne(migration, endpoint, proofMaxAgeMs)] += 1;
    } catch (error) {
      failed.push(failureOf(endpoint.id, error, migration.logger));
    }
    progress.step();
  });
  progress.end();
  return { ...count, failed, finished };
}

async function scrubOne(migration: Migration, endpoint: EndpointRow, proofMaxAgeMs: number): Promise<'scrubbed' | 'already'> {
  if (!endpoint.hasLegacyCredentials) return 'already';
  if (endpoint.secretArn === null) throw new RcmError('state_conflict', 'Not migrated yet: the plaintext is the only copy.');
  const fingerprintOf = rowFingerprint(migration.fingerprintKeys, endpoint.id);
  const result = await migration.patience(null, () =>
    scrubEndpoint(migration.db, { endpointId: endpoint.id, orgId: endpoint.orgId, proofMaxAgeMs, fingerprintOf }),
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
    yield* page;
}
