import { formatReference, parseReference, placeKey, type ReadAnswer, referenceKey, type SecretReference } from '@rcm/credentials';
import { canonicalFingerprint, compareTexts, rowFingerprint } from '@rcm/credentials/legacy';
import { type EndpointRow, listEndpoints } from '@rcm/db';
import { beginSecretLooks, listLegacyEndpoints, type SecretLook, migrationCounts, recordProof, rowSinceRecorded, wasPromoted } from '@rcm/db/migration';
import { RcmError, type Secret } from '@rcm/telemetry';
import { isIdentityOf } from '../credential/examine.ts';
import { endedAs, isWanted, type Migration, PAGE_SIZE } from '../migration.ts';
import { workThrough } from '../pacing/pool.ts';
import { byEndpoint, failedAs, type Failure, failureLines, failureOf, type Report } from '../report.ts';

interface MigratedEndpoint {
  readonly endpoint: EndpointRow;
  readonly reference: SecretReference;
  /** What the database still holds in plaintext; `null` once it is scrubbed. */
  readonly legacy: Secret<string> | null;
}

/**
 * Reads every migrated secret again, through its tenant's session, and records a proof for each that holds what the database
 * holds (or held, apart from a rotated password). Only such a proof lets `scrub` remove plaintext, and only until somebody begins to look at the secret again: the newest look counts, whatever
 * it finds, and also where nobody is left to write down what that was.
 */
export async function verify(migration: Migration): Promise<Report> {
  const counts = await migrationCounts(migration.db);
  const failed: Failure[] = [];
  let verified = 0;
  const progress = migration.progress('verify', Math.min(counts.migrated, migration.filter.limit ?? counts.migrated));
  const finished = await workThrough(batches(migration, failed), { concurrency: migration.concurrency, stop: migration.stopping }, async (batch) => {
    const reading = readBatch(migration, batch);
    for (const entry of batch) {
      try {
        const { looks, answers } = await reading;
        await prove(migration, entry, { look: looks.get(entry.endpoint.id), stored: answers.get(referenceKey(entry.reference)) ?? null });
        verified += 1;
        migration.onEnd(endedAs(entry.endpoint, 'verified'));
      } catch (error) {
        fail(migration, entry.endpoint, error, failed);
      }
      progress.step(failed.length);
    }
  });
  progress.end();
  return {
    json: { verified, failed: byEndpoint(failed), interrupted: !finished },
    lines: [`Verified: ${verified}. Failed: ${failed.length}.${finished ? '' : ' Stopped before the end; run it again.'}`, ...failureLines(byEndpoint(failed))],
    complete: finished && failed.length === 0,
    end: finished ? 'done' : 'stopped',
  };
}

function fail(migration: Migration, endpoint: EndpointRow, error: unknown, failed: Failure[]): void {
  const failure = failureOf(endpoint.id, error, migration.logger);
  failed.push(failure);
  migration.onEnd(failedAs(endpoint, failure));
}

interface BatchRead {
  /** By endpoint; one that is gone since it was listed has none. */
  readonly looks: ReadonlyMap<string, SecretLook>;
  readonly answers: ReadonlyMap<string, ReadAnswer>;
}

async function readBatch(migration: Migration, batch: readonly MigratedEndpoint[]): Promise<BatchRead> {
  const [first] = batch;
  if (!first) throw new Error('a batch of no endpoint');
  const store = migration.stores.forTenant(first.endpoint.orgId);
  return migration.patience(migration.pace.reads(first.reference), async () => {
    const looks = await beginSecretLooks(migration.db, { orgId: first.endpoint.orgId, endpointIds: batch.map((entry) => entry.endpoint.id) });
    const references = batch.map((entry) => entry.reference);
    return { looks, answers: await store.readMany(references, { signal: migration.giveUp }) };
  });
}

interface Answered {
  readonly look: SecretLook | undefined;
  readonly stored: ReadAnswer;
}

/** Records the proof, or fails with what is wrong: `endpoint_unknown`, `secret_missing`, `payload_invalid`, `state_conflict`, `store_conflict`, `row_edited`. */
async function prove(migration: Migration, { endpoint, reference, legacy }: MigratedEndpoint, { look, stored }: Answered): Promise<void> {
  const { db, fingerprintKey, patience } = migration;
  if (!look) throw new RcmError('endpoint_unknown', 'The endpoint is gone since it was listed.');
  if (stored instanceof RcmError) throw stored;
  if (stored === null) throw new RcmError('secret_missing', 'No secret lies where the row says.');
  if (!isIdentityOf(endpoint, stored.text, migration.keys)) {
    throw new RcmError('state_conflict', 'The secret belongs to another login than the row says: the portal, its host or the user name was changed.');
  }
  const secret = { endpointId: endpoint.id, orgId: endpoint.orgId, secretArn: endpoint.secretArn ?? formatReference(reference) };
  const fingerprintOf = rowFingerprint(migration.fingerprintKeys, endpoint.id);
  const fingerprints = legacy === null ? [] : fingerprintOf(legacy);
  const row = { fingerprint: fingerprints[0] ?? null, fingerprintOf };
  if (legacy !== null) await explain(migration, { ...secret, legacy, stored: stored.text, fingerprints });
  const fingerprint = canonicalFingerprint(fingerprintKey, stored.text);
  const { currentVersion } = endpoint;
  const recorded = await patience(null, () => recordProof(db, { ...secret, look, currentVersion, version: stored.version, fingerprint, row }));
  if (recorded === 'edited')
    throw new RcmError('row_edited', 'The row was edited, or its secret changed, while it was verified; nothing was recorded. Run verify again.');
}

interface Pair {
  readonly endpointId: string;
  readonly orgId: string;
  readonly secretArn: string;
  readonly legacy: Secret<string>;
  readonly stored: Secret<string>;
  /** Of the row that holds `legacy`, by each key that is known. */
  readonly fingerprints: readonly string[];
}

/**
 * The store may hold another password than the row only where the journal knows the rotation that made it, and the row is still what was
 * recorded of it. Anything else is a person's: it is named, because one of the two may be the only copy of what the portal accepts.
 */
async function explain({ db, fingerprintKey, patience }: Migration, { legacy, stored, fingerprints, ...secret }: Pair): Promise<void> {
  const likeness = compareTexts(fingerprintKey, { legacy, stored });
  if (likeness.is === 'equal') return;
  const since = await patience(null, () => rowSinceRecorded(db, { ...secret, fingerprints }));
  if (since === 'edited') {
    throw new RcmError(
      'row_edited',
      'The row was edited after it was migrated, and the store holds something else. Neither was touched: say which the portal accepts (`resolve`).',
    );
  }
  if (likeness.is === 'rotation' && since === 'same' && (await patience(null, () => wasPromoted(db, { ...secret, attemptId: likeness.attemptId })))) return;
  const whyNot = since === 'unknown' ? 'what the row held at apply was recorded with a key that is not known any more' : 'no rotation explains it';
  throw new RcmError(
    'store_conflict',
    `The store holds another payload than the database does, and ${whyNot}. Neither was touched: say which the portal accepts (migrator resolve).`,
  );
}

/** References of one tenant each, as many as one call of its store carries. A reference that cannot be read goes to `failed`. */
async function* batches(migration: Migration, failed: Failure[]): AsyncGenerator<readonly MigratedEndpoint[]> {
  let after: string | undefined;
  let left = migration.filter.limit ?? Number.POSITIVE_INFINITY;
  while (left > 0) {
    const page = await listEndpoints(migration.db, { after, limit: PAGE_SIZE });
    if (page.length === 0) return;
    // Every endpoint of the page with plaintext is among the first PAGE_SIZE of these.
    const legacy = new Map((await listLegacyEndpoints(migration.db, { after, limit: PAGE_SIZE })).map((row) => [row.endpoint.id, row.credentials]));
    const asked = page.filter((endpoint) => isWanted(migration.filter, endpoint));
    const migrated = asked.flatMap((endpoint) => withReference(endpoint, legacy.get(endpoint.id) ?? null, failed, migration)).slice(0, left);
    left -= migrated.length;
    for (const entries of Map.groupBy(migrated, (entry) => `${entry.endpoint.orgId} ${placeKey(entry.reference)}`).values()) {
      const size = migration.stores.forTenant(entries[0]?.endpoint.orgId ?? '').batchSize;
      for (let start = 0; start < entries.length; start += size) yield entries.slice(start, start + size);
    }
    after = page.at(-1)?.id;
  }
}

function withReference(endpoint: EndpointRow, legacy: Secret<string> | null, failed: Failure[], migration: Migration): MigratedEndpoint[] {
  if (endpoint.secretArn === null) return [];
  try {
    const reference = parseReference(endpoint.secretArn);
    // Here, not in the batch: one such row must not make its neighbours fail.
    if (reference.organizationId !== endpoint.orgId) throw new RcmError('reference_not_yours', 'The row names a secret of another organization.');
    return [{ endpoint, reference, legacy }];
  } catch (error) {
    fail(migration, endpoint, error, failed);
    return [];
  }
}
