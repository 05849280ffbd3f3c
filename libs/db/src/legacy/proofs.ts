import { byIndex } from '../by-index.ts';
import type { Database, Transaction } from '../database.ts';
import { checkLimit } from '../input.ts';
import type { SecretLook } from './secret-looks.ts';
import { lockRow, type SeenRow } from './row.ts';

export interface MigrationProof {
  readonly endpointId: string;
  readonly orgId: string;
  readonly step: 'applied' | 'verified';
  /** The secret that was read, and its version. `null` in proofs from before it was recorded: they prove nothing any more. */
  readonly secretArn: string | null;
  readonly version: string;
  /** Keyed fingerprint of what was read back from the store; `null` where it is of no use any more. */
  readonly fingerprint: string | null;
  /** Keyed fingerprint of what lay in the row; `null` where it is of no use any more, or the row held nothing. */
  readonly rowFingerprint: string | null;
  /** Of `verified`: when the store was asked, by Postgres's clock. */
  readonly provedAt: Date;
}

/** Newest first, of one endpoint or of all. */
export async function listProofs(
  db: Database,
  { endpointId, limit }: { readonly endpointId?: string | undefined; readonly limit: number },
): Promise<MigrationProof[]> {
  const where = endpointId === undefined ? {} : { endpointId };
  const rows = await byIndex(db, 'every tenant', (tx) =>
    tx.migrationProof.findMany({ where, orderBy: [{ provedAt: 'desc' }, { id: 'desc' }], take: checkLimit(limit) }),
  );
  return rows.map(({ id: _id, look: _look, bindsRow: _bindsRow, step, ...row }) => ({ ...row, step: step as MigrationProof['step'] }));
}

export interface NewProof {
  readonly endpointId: string;
  readonly orgId: string;
  readonly secretArn: string;
  readonly version: string;
  /** Keyed fingerprint of what was read from the store. Kept only while the row holds plaintext too. */
  readonly fingerprint: string;
}

export interface ReadProof extends NewProof {
  /** Begun before the store was read: what was changed since, a process that stood still cannot know. */
  readonly look: SecretLook;
  /** The version that the row named before the store was read. */
  readonly currentVersion: string | null;
  readonly row: SeenRow;
}

/**
 * The store's secret was read again and is what the row's plaintext says; it counts while `look` is the newest. `edited`: since the store was asked the row has come to hold something else, or to name another
 * secret, or a version that is not what was read; nothing was recorded. Fails with `endpoint_unknown`.
 */
export async function recordProof(db: Database, proof: ReadProof): Promise<'recorded' | 'edited'> {
  return db.transaction({ tenant: proof.orgId }, async (tx) => {
    const row = await lockRow(tx, { ...proof, fingerprintOf: proof.row.fingerprintOf });
    const isOfVersion = row.version === proof.currentVersion || row.version === proof.version;
    if (row.secretArn !== proof.secretArn || !isOfVersion || row.fingerprint !== proof.row.fingerprint) return 'edited';
    await writeProof(tx, { ...proof, step: 'verified', rowFingerprint: row.fingerprint });
    return 'recorded';
  });
}

interface WrittenProof extends NewProof {
  readonly step: MigrationProof['step'];
  readonly rowFingerprint: string | null;
  /** `null`: nobody has looked again, and it is dated as it is written. */
  readonly look: SecretLook | null;
}

/** Inside a transaction that has locked the row. Never dated later than it is written: the clock may have been set back since. */
export async function writeProof(tx: Transaction, proof: WrittenProof): Promise<void> {
  const { endpointId, orgId, step, secretArn, version, rowFingerprint, look } = proof;
  const fingerprint = rowFingerprint === null ? null : proof.fingerprint;
  await tx.$executeRaw`
    INSERT INTO migration_proof (org_id, endpoint_id, step, secret_arn, version, fingerprint, row_fingerprint, look, proved_at)
    VALUES (${orgId}, ${endpointId}, ${step}, ${secretArn}, ${version}, ${fingerprint}, ${rowFingerprint}, ${look?.number ?? null}::integer,
            least(${look?.askedAt ?? null}::timestamptz, clock_timestamp()))`;
}

/** Fingerprint of what lay in the row when it was last recorded, at apply or verify, for the secret that it names; `null`: never. */
export async function recordedRow(
  tx: Transaction,
  { endpointId, orgId, secretArn }: { readonly endpointId: string; readonly orgId: string; readonly secretArn: string },
): Promise<string | null> {
  const proof = await tx.migrationProof.findFirst({
    where: { endpointId, orgId, secretArn, rowFingerprint: { not: null } },
    // By its number: the row was looked at when the proof was written, the store before.
    orderBy: { id: 'desc' },
    select: { rowFingerprint: true },
  });
  return proof?.rowFingerprint ?? null;
}

/** Nothing will be compared with the endpoint's proofs any more: what is kept of passwords that are gone goes, too. */
export async function forgetFingerprints(tx: Transaction, { endpointId, orgId }: { readonly endpointId: string; readonly orgId: string }): Promise<void> {
  await tx.$executeRaw`
    UPDATE migration_proof SET fingerprint = NULL, row_fingerprint = NULL
     WHERE endpoint_id = ${endpointId} AND org_id = ${orgId} AND (fingerprint IS NOT NULL OR row_fingerprint IS NOT NULL)`;
  await tx.$executeRaw`UPDATE adopted_id SET fingerprint = NULL WHERE endpoint_id = ${endpointId} AND org_id = ${orgId} AND fingerprint IS NOT NULL`;
}
