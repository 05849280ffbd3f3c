import type { Database, Transaction } from '../database.ts';
import { writeAuditEvent } from '../audit/record.ts';
import { checkMs } from '../input.ts';
import { MIGRATOR } from './migrate.ts';
import { forgetFingerprints } from './proofs.ts';
import { type FingerprintOf, type LockedRow, lockRow, rowSince } from './row.ts';
import { markScrubbed } from './storage-state.ts';

export interface Scrub {
  readonly endpointId: string;
  readonly orgId: string;
  readonly proofMaxAgeMs: number;
  readonly fingerprintOf: FingerprintOf;
}

/**
 * Removes `config.credentials` from a row, and nothing else, where the endpoint has a `verified` proof, younger than `proofMaxAgeMs`, of the
 * secret and version that the row names and of the very bytes that it holds. `edited`: it holds other bytes than were proved; they are left
 * alone. Audit event and the end of the proofs' fingerprints are part of the transaction. The bytes leave the disk with `rewriteStorage`.
 * Fails with `endpoint_unknown`.
 */
export async function scrubEndpoint(db: Database, scrub: Scrub): Promise<'scrubbed' | 'already' | 'no_proof' | 'edited'> {
  const { endpointId, orgId } = scrub;
  const ms = checkMs('proofMaxAgeMs', scrub.proofMaxAgeMs);
  return db.transaction({ tenant: orgId }, async (tx) => {
    const row = await lockRow(tx, scrub);
    if (row.fingerprint === null) return 'already';
    const since = rowSince(await freshlyProvedRow(tx, { ...scrub, row, ms }), row.fingerprints);
    if (since === 'unknown') return 'no_proof';
    if (since === 'edited') return 'edited';
    // Before the audit's lock, in the order in which a finished rewrite takes the two.
    await markScrubbed(tx, orgId);
    await writeAuditEvent(tx, {
      orgId,
      actor: MIGRATOR,
      action: 'endpoint.scrubbed',
      subject: endpointId,
      reason: 'migration',
      details: { version: row.version },
    });
    await tx.$executeRaw`UPDATE integration_endpoint SET config = config - 'credentials', updated_at = clock_timestamp() WHERE id = ${endpointId} AND org_id = ${orgId}`;
    await forgetFingerprints(tx, scrub);
    return 'scrubbed';
  });
}

/** Fingerprint of the row at its newest fresh proof that is of the secret and version which the row names; `null`: there is none. */
async function freshlyProvedRow(
  tx: Transaction,
  { endpointId, orgId, row, ms }: Scrub & { readonly row: LockedRow; readonly ms: number },
): Promise<string | null> {
  const [proof] = await tx.$queryRaw<{ rowFingerprint: string | null }[]>`
    SELECT row_fingerprint AS "rowFingerprint" FROM migration_proof
     WHERE endpoint_id = ${endpointId} AND org_id = ${orgId} AND step = 'verified' AND secret_arn = ${row.secretArn} AND version = ${row.version}
       AND proved_at > clock_timestamp() - make_interval(secs => ${ms}::float8 / 1000)
     ORDER BY proved_at DESC, id DESC LIMIT 1`;
  return proof?.rowFingerprint ?? null;
}

/** States reached, not acts of a run. */
export interface MigrationCounts {
  readonly endpoints: number;
  /** Rows that hold plaintext. */
  readonly legacy: number;
  /** Rows with a secret reference. */
  readonly migrated: number;
  /** Migrated rows that were ever proved. */
  readonly verified: number;
  /** Proved rows that hold no plaintext any more. */
  readonly scrubbed: number;
}

export async function migrationCounts(db: Database): Promise<MigrationCounts> {
  const rows = await db.transaction(
    'every tenant',
    (tx) => tx.$queryRaw<MigrationCounts[]>`
      SELECT count(*)::int AS endpoints, (count(*) FILTER (WHERE has_legacy_credentials))::int AS legacy, (count(*) FILTER (WHERE secret_arn IS NOT NULL))::int AS migrated,
             (count(*) FILTER (WHERE secret_arn IS NOT NULL AND proved))::int AS verified,
             (count(*) FILTER (WHERE secret_arn IS NOT NULL AND proved AND NOT has_legacy_credentials))::int AS scrubbed
        FROM (SELECT e.has_legacy_credentials, e.secret_arn,
                     EXISTS (SELECT 1 FROM migration_proof m WHERE m.endpoint_id = e.id AND m.step = 'verified') AS proved FROM integration_endpoint e) c`,
  );
  return rows[0] ?? { endpoints: 0, legacy: 0, migrated: 0, verified: 0, scrubbed: 0 };
}
