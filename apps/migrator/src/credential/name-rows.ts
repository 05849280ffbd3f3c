import { readRowLogin, rowFingerprint } from '@rcm/credentials/legacy';
import { type LegacyEndpoint, listLegacyEndpoints, nameRow } from '@rcm/db/migration';
import { hasCode } from '@rcm/telemetry';
import { each, type Migration, PAGE_SIZE, pages } from '../migration.ts';
import { workThrough } from '../pacing/pool.ts';
import { namesOf } from './examine.ts';

/** With so many rows that could not be named, what is wrong is not theirs: a key is missing, or the database is away. */
const MOST_FAILED = 5;

/**
 * Gives every row that holds a login the name of its account, also those that this call does not work on: an account is not rotated as long as plaintext of it lies in a row
 * (docs/migration.md), and a row without a name is seen as nobody's. What cannot be read as a login stays without one; `plan` names it. Returns why a row could not be named, the
 * first of a few: nothing is known then of whose account lies there.
 */
export async function nameRows(migration: Migration): Promise<readonly Error[]> {
  const failures: Error[] = [];
  const enough = new AbortController();
  const unnamed = pages(
    (after) => listLegacyEndpoints(migration.db, { after, limit: PAGE_SIZE, unnamed: true }),
    ({ endpoint }) => endpoint.id,
  );
  await workThrough(each(unnamed), { concurrency: migration.concurrency, stop: AbortSignal.any([migration.stopping, enough.signal]) }, async (row) => {
    await name(migration, row).catch((error: unknown) => {
      migration.logger.warn({ err: error, endpointId: row.endpoint.id }, 'a row could not be given the name of its account');
      if (failures.push(error instanceof Error ? error : new Error('not an error')) >= MOST_FAILED) enough.abort();
    });
  });
  return failures;
}

async function name({ db, keys, vocabulary, fingerprintKeys, patience, stopping }: Migration, { endpoint, credentials }: LegacyEndpoint): Promise<void> {
  const read = readRowLogin(endpoint, credentials, vocabulary);
  if (read.is !== 'login') return;
  const fingerprintOf = rowFingerprint(fingerprintKeys, endpoint.id);
  const row = { fingerprint: fingerprintOf(credentials)[0] ?? null, fingerprintOf };
  const { id: endpointId, orgId } = endpoint;
  await patience(null, () => nameRow(db, { endpointId, orgId, names: namesOf(endpoint, read.text, keys), row })).catch((error: unknown) => {
    // Somebody has deleted it; or has asked for a stop after this row was taken, and the next run names it.
    if (!hasCode(error, 'endpoint_unknown') && !(stopping.aborted && hasCode(error, 'cancelled'))) throw error;
  });
}
