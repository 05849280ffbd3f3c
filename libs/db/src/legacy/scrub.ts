import { Secret } from '@rcm/telemetry';
import type { Database, Transaction } from '../database.ts';
import { writeAuditEvent } from '../audit/record.ts';
import { ofEveryLogin } from '../by-index.ts';
import { checkMs } from '../input.ts';
import { MIGRATOR } from './migrate.ts';
import { lockNewestLook } from './secret-looks.ts';
import { forgetFingerprints } from './proofs.ts';
import { type FingerprintOf, type LockedRow, lockRow, rowSince } from './row.ts';
import { markScrubbed } from './storage-state.ts';

export interface Scrub {
  readonly endpointId: string;
  readonly orgId: string;
  readonly proofMaxAgeMs: number;
  readonly fingerprintOf: FingerprintOf;
  /** What else of `config` goes with it; decided on the row as it is, locked. `null`: the row is to be left as it is. */
  readonly alsoOf?: (config: Secret<string>) => readonly Place[] | null;
}

/**
 * Removes `config.credentials` from a row, what `alsoOf` names, and nothing else, where the endpoint has a `verified` proof, of a store that was asked less than `proofMaxAgeMs` ago, of the
 * secret and version that the row names and of the very bytes that it holds, and nobody has begun to look at the secret since. `edited`: it holds other bytes than were proved; they are left
 * alone. `elsewhere`: `alsoOf` said no. Audit event and the end of the proofs' fingerprints are part of the transaction. The bytes leave the disk with `rewriteStorage`.
 * Fails with `endpoint_unknown`.
 */
export async function scrubEndpoint(db: Database, scrub: Scrub): Promise<'scrubbed' | 'already' | 'no_proof' | 'edited' | 'elsewhere'> {
  const { endpointId, orgId, alsoOf = () => [] } = scrub;
  const ms = checkMs('proofMaxAgeMs', scrub.proofMaxAgeMs);
  return db.transaction({ tenant: orgId }, async (tx) => {
    const row = await lockRow(tx, scrub);
    if (row.fingerprint === null) return 'already';
    const since = rowSince(await freshlyProvedRow(tx, { ...scrub, row, ms }), row.fingerprints);
    if (since === 'unknown') return 'no_proof';
    if (since === 'edited') return 'edited';
    const asked = alsoOf(await configOf(tx, scrub));
    if (asked === null) return 'elsewhere';
    const also = lastFirst(asked);
    // Before the audit's lock, in the order in which a finished rewrite takes the two.
    await markScrubbed(tx, orgId);
    await writeAuditEvent(tx, {
      orgId,
      actor: MIGRATOR,
      action: 'endpoint.scrubbed',
      subject: endpointId,
      reason: 'migration',
      details: { version: row.version, ...(also.length > 0 ? { alsoPlaces: also.length } : {}) },
    });
    await removePlaces(tx, { endpointId, orgId, places: [...also, ['credentials']] });
    await forgetFingerprints(tx, scrub);
    return 'scrubbed';
  });
}

/** Names of fields and places in lists of `config`. */
export type Place = readonly (string | number)[];

async function configOf(tx: Transaction, { endpointId, orgId }: Scrub): Promise<Secret<string>> {
  const [row] = await tx.$queryRaw<
    { config: string }[]
  >`SELECT config::text AS config FROM integration_endpoint WHERE id = ${endpointId} AND org_id = ${orgId}`;
  return new Secret(row?.config ?? '{}');
}

/**
 * Each place once, from the end of each list, and what lies inside of another place before that one: what goes first does not move the others. People may name one place twice, or
 * by two paths, and in whichever order.
 */
export const lastFirst = (places: readonly Place[]): readonly Place[] => {
  const sorted = [...places].sort(backwards);
  return sorted.filter((place, i) => i === 0 || backwards(place, sorted[i - 1] ?? []) !== 0);
};

function backwards(one: Place, other: Place): number {
  const differs = one.findIndex((step, depth) => step !== other[depth]);
  const [a, b] = [one[differs], other[differs]];
  // One begins as the other, or is the same.
  if (a === undefined || b === undefined) return other.length - one.length;
  if (typeof a === 'number' && typeof b === 'number') return b - a;
  return String(a) < String(b) ? 1 : -1;
}

/** Inside a transaction that has locked the row. In this order (`lastFirst`). */
export async function removePlaces(
  tx: Transaction,
  { endpointId, orgId, places }: { readonly endpointId: string; readonly orgId: string; readonly places: readonly Place[] },
): Promise<void> {
  for (const place of places)
    await tx.$executeRaw`
      UPDATE integration_endpoint SET config = config #- ${place.map(String)}::text[], updated_at = clock_timestamp() WHERE id = ${endpointId} AND org_id = ${orgId}`;
}

/**
 * Fingerprint of the row at the newest fresh proof of its newest look that is of the secret and version which the row names; `null`: there is none. One of a time to come was dated by a clock that was ahead:
 * nobody knows how old it is.
 */
async function freshlyProvedRow(
  tx: Transaction,
  { endpointId, orgId, row, ms }: Scrub & { readonly row: LockedRow; readonly ms: number },
): Promise<string | null> {
  const look = await lockNewestLook(tx, { endpointId, orgId });
  const [proof] = await tx.$queryRaw<{ rowFingerprint: string | null }[]>`
    SELECT row_fingerprint AS "rowFingerprint" FROM migration_proof
     WHERE endpoint_id = ${endpointId} AND org_id = ${orgId} AND step = 'verified' AND secret_arn = ${row.secretArn} AND version = ${row.version}
       AND look IS NOT DISTINCT FROM ${look}::integer
       AND proved_at > clock_timestamp() - make_interval(secs => ${ms}::float8 / 1000) AND proved_at <= clock_timestamp()
     ORDER BY id DESC LIMIT 1`;
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
  const rows = await ofEveryLogin(
    db,
    'every tenant',
    (tx) => tx.$queryRaw<MigrationCounts[]>`
      SELECT count(*)::int AS endpoints, (count(*) FILTER (WHERE has_legacy_credentials))::int AS legacy, (count(*) FILTER (WHERE secret_arn IS NOT NULL))::int AS migrated,
             (count(*) FILTER (WHERE secret_arn IS NOT NULL AND proved))::int AS verified,
             (count(*) FILTER (WHERE secret_arn IS NOT NULL AND proved AND NOT has_legacy_credentials))::int AS scrubbed
        FROM (SELECT e.has_legacy_credentials, e.secret_arn,
                     p.endpoint_id IS NOT NULL AS proved
                FROM integration_endpoint e LEFT JOIN (SELECT DISTINCT m.endpoint_id FROM migration_proof m WHERE m.step = 'verified') p ON p.endpoint_id = e.id
               WHERE e.retired_at IS NULL OR e.has_legacy_credentials) c`,
  );
  return rows[0] ?? { endpoints: 0, legacy: 0, migrated: 0, verified: 0, scrubbed: 0 };
}
