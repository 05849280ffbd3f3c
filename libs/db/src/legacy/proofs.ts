import { byIndex } from '../by-index.ts';
import type { Database, Transaction } from '../database.ts';
import { checkLimit } from '../input.ts';
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
  return rows.map(({ id: _id, step, ...row }) => ({ ...row, step: step as MigrationProof['step'] }));
}

export interface NewProof {
  readonly endpointId: string;
  readonly orgId: string;
  readonly secretArn: string;
  readonly version: string;
  /** Keyed fingerprint of what was read from the store. Kept only while the row holds plaintext too. */
  readonly fingerprint: string;
}

/**
 * The store's secret was read again and is what the row's plaintext says. `edited`: the row holds something else by now, or names another
 * secret; nothing was recorded. Fails with `endpoint_unknown`.
 */
export async function recordProof(db: Database, proof: NewProof & { readonly row: SeenRow }): Promise<'recorded' | 'edited'> {
  return db.transaction({ tenant: proof.orgId }, async (tx) => {
    const row = await lockRow(tx, { ...proof, fingerprintOf: proof.row.fingerprintOf });
    if (row.secretArn !== proof.secretArn || row.fingerprint !== proof.row.fingerprint) return 'edited';
    await writeProof(tx, { ...proof, step: 'verified', rowFingerprint: row.fingerprint });
    return 'recorded';
  });
}

/** Inside a transaction that has locked the row. */
export async function writeProof(
  tx: Transaction,
  proof: NewProof & { readonly step: MigrationProof['step']; readonly rowFingerprint: string | null },
): Promise<void> {
  const { endpointId, orgId, step, secretArn, version, rowFingerprint } = proof;
  const fingerprint = rowFingerprint === null ? null : proof.fingerprint;
  await tx.$executeRaw`
    INSERT INTO migration_proof (org_id, endpoint_id, step, secret_arn, version, fingerprint, row_fingerprint)
    VALUES (${orgId}, ${endpointId}, ${step}, ${secretArn}, ${version}, ${fingerprint}, ${rowFingerprint})`;
}

/** Fingerprint of what lay in the row when it was last recorded, at apply or verify, for the secret that it names; `null`: never. */
export async function recordedRow(
  tx: Transaction,
  { endpointId, orgId, secretArn }: { readonly endpointId: string; readonly orgId: string; readonly secretArn: string },
): Promise<string | null> {
  const proof = await tx.migrationProof.findFirst({
    where: { endpointId, orgId, secretArn, rowFingerprint: { not: null } },
    orderBy: [{ provedAt: 'desc' }, { id: 'desc' }],
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

/** The same for rows whose plaintext a person removed by hand. Looks at each fingerprint that is kept, and not at each login that has none. */
export async function forgetLeftoverFingerprints(db: Database): Promise<void> {
  const organizations = await byIndex(
    db,
    'every tenant',
    (tx) => tx.$queryRaw<{ orgId: string }[]>`
      SELECT DISTINCT p.org_id AS "orgId" FROM migration_proof p CROSS JOIN LATERAL (
               SELECT FROM integration_endpoint e WHERE e.org_id = p.org_id AND e.id = p.endpoint_id AND NOT e.has_legacy_credentials LIMIT 1) gone
       WHERE p.fingerprint IS NOT NULL OR p.row_fingerprint IS NOT NULL
       UNION SELECT a.org_id FROM adopted_id a CROSS JOIN LATERAL (
               SELECT FROM integration_endpoint e WHERE e.org_id = a.org_id AND e.id = a.endpoint_id AND NOT e.has_legacy_credentials AND e.secret_arn IS NOT NULL LIMIT 1) gone
       WHERE a.fingerprint IS NOT NULL`,
  );
  for (const { orgId } of organizations) {
    await db.transaction({ tenant: orgId }, async (tx) => {
      await tx.$executeRaw`
        UPDATE migration_proof p SET fingerprint = NULL, row_fingerprint = NULL FROM integration_endpoint e
         WHERE p.org_id = ${orgId} AND e.org_id = p.org_id AND e.id = p.endpoint_id
           AND NOT e.has_legacy_credentials AND (p.fingerprint IS NOT NULL OR p.row_fingerprint IS NOT NULL)`;
      await tx.$executeRaw`
        UPDATE adopted_id a SET fingerprint = NULL FROM integration_endpoint e
         WHERE a.org_id = ${orgId} AND e.org_id = a.org_id AND e.id = a.endpoint_id AND NOT e.has_legacy_credentials AND e.secret_arn IS NOT NULL AND a.fingerprint IS NOT NULL`;
    });
  }
}
