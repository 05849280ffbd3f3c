import { readRowLogin, rowFingerprint } from '@rcm/credentials/legacy';
import { type EndpointConfig, forgetName, type LegacyEndpoint, listConfigs, listLegacyEndpoints, nameRow, type SeenRow } from '@rcm/db/migration';
import { hasCode } from '@rcm/telemetry';
import { each, type Migration, PAGE_SIZE, pages } from '../migration.ts';
import { workThrough } from '../pacing/pool.ts';
import { isIdentityOf, namesOf } from './examine.ts';
import { lookInto } from './look.ts';

/** With so many rows that could not be named, what is wrong is not theirs: a key is missing, or the database is away. */
const MOST_FAILED = 5;

/**
 * `unnamed`: those without a name, which an index finds. `every`: all that hold a login and name no secret, each read: somebody may have put another account into one since it was named,
 * or its name is made with a key that is to go.
 */
type WhichRows = 'unnamed' | 'every';

/**
 * Gives every row that holds a login the name of its account, also those that this call does not work on: an account is not rotated as long as plaintext of it lies in a row
 * (docs/migration.md), and a row without a name is seen as nobody's. What cannot be read as a login stays as it is; `plan` names it. A row that holds nothing any more loses its
 * name. Returns why a row could not be named, the first of a few: nothing is known then of whose account lies there.
 */
export async function nameRows(migration: Migration, which: WhichRows): Promise<readonly Error[]> {
  const { db, concurrency, stopping, logger, vocabulary } = migration;
  const failures: Error[] = [];
  const enough = new AbortController();
  const stop = AbortSignal.any([stopping, enough.signal]);
  const failed = (endpointId: string) => (error: unknown) => {
    // Somebody has deleted it; or has asked for a stop after this row was taken, and the next run names it.
    if (hasCode(error, 'endpoint_unknown') || (stopping.aborted && hasCode(error, 'cancelled'))) return;
    logger.warn({ err: error, endpointId }, 'a row could not be given the name of its account');
    if (failures.push(error instanceof Error ? error : new Error('not an error')) >= MOST_FAILED) enough.abort();
  };
  const rows = pages(
    (after) => listLegacyEndpoints(db, { after, limit: PAGE_SIZE, unnamed: which === 'unnamed' }),
    ({ endpoint }) => endpoint.id,
  );
  const configs = pages(
    (after) => listConfigs(db, { after, limit: PAGE_SIZE }),
    ({ endpoint }) => endpoint.id,
  );
  await workThrough(each(rows), { concurrency, stop }, (row) => name(migration, row).catch(failed(row.endpoint.id)));
  if (which === 'every' || vocabulary.places.length > 0)
    await workThrough(each(configs), { concurrency, stop }, (row) => nameElsewhere(migration, row).catch(failed(row.endpoint.id)));
  return failures;
}

/** Before what lets rotations begin: what it ends must be the last that somebody may read of its accounts. Fails with what kept a row from being named. */
export async function mustNameRows(migration: Migration): Promise<void> {
  const [failure] = await nameRows(migration, 'every');
  if (failure !== undefined) throw failure;
}

/** A login that lies elsewhere in `config` is read there by its old readers, too. A row in which nothing is found holds none: its account would be rotated nowhere. */
async function nameElsewhere(migration: Migration, { endpoint, config }: EndpointConfig): Promise<void> {
  const { db, vocabulary, fingerprintKeys, patience } = migration;
  const { id: endpointId, orgId, hasLegacyCredentials, loginIdentity } = endpoint;
  if (endpoint.secretArn !== null || hasLegacyCredentials) return;
  const { credentials, gatherFrom, elsewhere } = lookInto(config, vocabulary);
  if (gatherFrom && credentials)
    await name(migration, { endpoint, credentials }, { fingerprint: null, fingerprintOf: rowFingerprint(fingerprintKeys, endpointId) });
  else if (loginIdentity !== null && elsewhere.length === 0) await patience(null, () => forgetName(db, { orgId, endpointId }));
}

/** `held`: what the row holds at `config.credentials`, where that is not the login. */
async function name({ db, keys, vocabulary, fingerprintKeys, patience }: Migration, { endpoint, credentials }: LegacyEndpoint, held?: SeenRow): Promise<void> {
  const { id: endpointId, orgId, secretArn, retiredAt, loginIdentity: from } = endpoint;
  if (secretArn !== null || retiredAt !== null) return;
  const read = readRowLogin(endpoint, credentials, vocabulary);
  if (read.is !== 'login') return;
  const names = namesOf(endpoint, read.text, keys);
  const isByOtherKey = names.slice(1).some(({ id }) => id === from);
  // By a rule of before it is the same account: its ledger stays with the name that it has until a rotator moves both.
  if (from !== null && !isByOtherKey && isIdentityOf(endpoint, read.text, keys)) return;
  const fingerprintOf = rowFingerprint(fingerprintKeys, endpointId);
  const row = held ?? { fingerprint: fingerprintOf(credentials)[0] ?? null, fingerprintOf };
  await patience(null, () => nameRow(db, { endpointId, orgId, from, names, row }));
}
