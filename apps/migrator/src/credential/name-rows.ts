import { readRowLogin, rowFingerprint } from '@rcm/credentials/legacy';
import { type LegacyEndpoint, listLegacyEndpoints, nameRow } from '@rcm/db/migration';
import { hasCode } from '@rcm/telemetry';
import { each, type Migration, PAGE_SIZE, pages } from '../migration.ts';
import { workThrough } from '../pacing/pool.ts';
import { namesOf } from './examine.ts';

/**
 * Gives every row that holds a login the name of its account, also those that this call does not work on: an account is not rotated as long as plaintext of it lies in a row
 * (docs/migration.md), and a row without a name is seen as nobody's. What cannot be read as a login stays without one; `plan` names it.
 */
export async function nameRows(migration: Migration): Promise<void> {
  const unnamed = pages(
    (after) => listLegacyEndpoints(migration.db, { after, limit: PAGE_SIZE, unnamed: true }),
    ({ endpoint }) => endpoint.id,
  );
  await workThrough(each(unnamed), { concurrency: migration.concurrency, stop: migration.stopping }, (row) => name(migration, row));
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
