import { RcmError } from '@rcm/telemetry';
import type { Database } from '../database.ts';
import { writeAuditEvent } from '../audit/record.ts';
import { checkLimit, checkMs } from '../input.ts';
import { MIGRATOR, writeProof } from './migrate.ts';
import { markScrubbed } from './storage-state.ts';

/** The store's secret was read again and is what the row's plaintext says. `version`: the one that was read. Fails with `endpoint_unknown`. */
export async function recordProof(
  db: Database,
  proof: { readonly endpointId: string; readonly orgId: string; readonly version: string; readonly fingerprint: string },
): Promise<void> {
  await db.transaction({ tenant: proof.orgId }, (tx) => writeProof(tx, { ...proof, step: 'verified' }));
}

export interface MigrationProof {
  readonly endpointId: string;
  readonly orgId: string;
  readonly step: 'applied' | 'verified';
  readonly version: string;
  readonly fingerprint: string;
  readonly provedAt: Date;
}

/** Newest first, of one endpoint or of all. */
export async function listProofs(
  db: Database,
  { endpointId, limit }: { readonly endpointId?: string | undefined; readonly limit: number },
): Promise<MigrationProof[]> {
  const where = endpointId === undefined ? {} : { endpointId };
  const rows = await db.transaction('every tenant', (tx) =>
    tx.migrationProof.findMany({ where, orderBy: [{ provedAt: 'desc' }, { id: 'desc' }], take: checkLimit(limit) }),
  );
  return rows.map(({ id: _id, step, ...row }) => ({ ...row, step: step as MigrationProof['step'] }));
}

/**
 * Removes `config.credentials` from a row, and nothing else, where the endpoint has a reference and a `verified` proof of its current version
 * that is younger than `proofMaxAgeMs`. The audit event is part of the transaction. The bytes leave the disk with `rewriteStorage`.
 * Fails with `endpoint_unknown`.
 */
export async function scrubEndpoint(
  db: Database,
  { endpointId, orgId, proofMaxAgeMs }: { readonly endpointId: string; readonly orgId: string; readonly proofMaxAgeMs: number },
): Promise<'scrubbed' | 'already' | 'no_proof'> {
  const ms = checkMs('proofMaxAgeMs', proofMaxAgeMs);
  return db.transaction({ tenant: orgId }, async (tx) => {
    // FOR UPDATE: nobody moves the endpoint to another version between the look at the proof and the scrub.
    const [row] = await tx.$queryRaw<{ orgId: string; legacy: boolean; proved: boolean; version: string | null }[]>`
      SELECT e.org_id AS "orgId", e.has_legacy_credentials AS legacy, e.current_version AS version,
             e.secret_arn IS NOT NULL AND EXISTS (SELECT 1 FROM migration_proof m
               WHERE m.endpoint_id = e.id AND m.step = 'verified' AND m.version = e.current_version
                 AND m.proved_at > clock_timestamp() - make_interval(secs => ${ms}::float8 / 1000)) AS proved
        FROM integration_endpoint e WHERE e.id = ${endpointId} FOR UPDATE OF e`;
    if (!row) throw new RcmError('endpoint_unknown', `There is no endpoint ${endpointId}.`);
    if (!row.legacy) return 'already';
    if (!row.proved) return 'no_proof';
    await writeAuditEvent(tx, {
      orgId: row.orgId,
      actor: MIGRATOR,
      action: 'endpoint.scrubbed',
      subject: endpointId,
      reason: 'migration',
      details: { version: row.version },
    });
    await markScrubbed(tx, row.orgId);
    await tx.$executeRaw`UPDATE integration_endpoint SET config = config - 'credentials', updated_at = clock_timestamp() WHERE id = ${endpointId}`;
    return 'scrubbed';
  });
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
