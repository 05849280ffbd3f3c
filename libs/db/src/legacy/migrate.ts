import { RcmError, Secret } from '@rcm/telemetry';
import type { Database, Transaction } from '../database.ts';
import { endpointRow, WITH_PORTAL_TYPE, type EndpointRow } from '../endpoints/endpoint.ts';
import { NEXT_ROTATION } from '../endpoints/schedule.ts';
import { checkLimit } from '../input.ts';
import { writeAuditEvent } from '../audit/record.ts';

/** Who the audit events of this file name. */
export const MIGRATOR = 'migrator';

export interface LegacyEndpoint {
  readonly endpoint: EndpointRow;
  /** `config.credentials` as JSON text: parsed on the way, a number of 20 digits would lose some. */
  readonly credentials: Secret<string>;
}

/** Pages through the endpoints that still hold plaintext, by id. The one operation that reads it. Raw SQL: Prisma parses jsonb. */
export async function listLegacyEndpoints(
  db: Database,
  { after, limit }: { readonly after?: string | undefined; readonly limit: number },
): Promise<LegacyEndpoint[]> {
  return db.transaction('every tenant', async (client) => {
    const texts = await client.$queryRaw<{ id: string; credentials: string }[]>`
      SELECT id, (config->'credentials')::text AS credentials FROM integration_endpoint
       WHERE has_legacy_credentials AND id > ${after ?? ''} ORDER BY id LIMIT ${checkLimit(limit)}`;
    const rows = await client.integrationEndpoint.findMany({ where: { id: { in: texts.map(({ id }) => id) } }, include: WITH_PORTAL_TYPE });
    const endpoints = new Map(rows.map((row) => [row.id, endpointRow(row)]));
    return texts.flatMap(({ id, credentials }) => {
      const endpoint = endpoints.get(id);
      return endpoint ? [{ endpoint, credentials: new Secret(credentials) }] : [];
    });
  });
}

export interface Migrated {
  readonly endpointId: string;
  readonly orgId: string;
  readonly secretArn: string;
  /** The store's version of what was written and read back. */
  readonly version: string;
  readonly loginIdentity: string;
  /** Which key made it. Default `1`. */
  readonly identityKeyId?: string;
  /** Keyed fingerprint of what was read back. */
  readonly fingerprint: string;
}

/**
 * The endpoint's login now lies in the store: sets reference, version and identity, only where there is no reference yet, with
 * proof and audit event in the same transaction. A due date that is there stays. `false`: there was a reference already.
 * Fails with `endpoint_unknown`, `input_invalid` (a reference or identity that the schema refuses).
 */
export async function recordMigrated(db: Database, migrated: Migrated): Promise<boolean> {
  return db.transaction({ tenant: migrated.orgId }, async (tx) => {
    const { endpointId, orgId, secretArn, version, loginIdentity } = migrated;
    await tx.$executeRaw`INSERT INTO login_identity (id, key_id) VALUES (${loginIdentity}, ${migrated.identityKeyId ?? '1'}) ON CONFLICT DO NOTHING`;
    const endpoint = await tx.integrationEndpoint.findFirst({ where: { id: endpointId, orgId }, select: { secretArn: true } });
    if (!endpoint) throw new RcmError('endpoint_unknown', `Organization ${orgId} has no endpoint ${endpointId}.`);
    // The CHECKs run on a row that still holds plaintext, and a refused row would be quoted: so the value is tried on its own first.
    const [fits] = await tx.$queryRaw<
      { fits: boolean }[]
    >`SELECT (${secretArn} ~ '^arn:aws(-[a-z]+)*:(ssm|secretsmanager):' OR ${secretArn} LIKE 'vault:%') AND ${version} <> '' AS fits`;
    if (!fits?.fits) throw new RcmError('input_invalid', 'The secret reference or version is not one that the schema takes.');
    const set = await tx.$executeRaw`
      UPDATE integration_endpoint e SET secret_arn = ${secretArn}, current_version = ${version}, login_identity = ${loginIdentity}, rotation_status = coalesce(e.rotation_status, 'active'),
             next_rotation_at = coalesce(e.next_rotation_at, ${NEXT_ROTATION}), updated_at = clock_timestamp()
        FROM portal_type p WHERE p.code = e.portal_type_code AND e.id = ${endpointId} AND e.org_id = ${orgId} AND e.secret_arn IS NULL`;
    if (set === 0) return false;
    await writeProof(tx, { endpointId, version, fingerprint: migrated.fingerprint, step: 'applied' });
    await writeAuditEvent(tx, {
      orgId,
      actor: MIGRATOR,
      action: 'endpoint.migrated',
      subject: endpointId,
      reason: 'migration',
      details: { secretArn, version },
    });
    return true;
  });
}

export async function writeProof(
  tx: Transaction,
  {
    endpointId,
    version,
    fingerprint,
    step,
  }: { readonly endpointId: string; readonly version: string; readonly fingerprint: string; readonly step: 'applied' | 'verified' },
): Promise<void> {
  const written = await tx.$executeRaw`
    INSERT INTO migration_proof (org_id, endpoint_id, step, version, fingerprint)
    SELECT org_id, id, ${step}, ${version}, ${fingerprint} FROM integration_endpoint WHERE id = ${endpointId}`;
  if (written === 0) throw new RcmError('endpoint_unknown', `There is no endpoint ${endpointId}.`);
}
