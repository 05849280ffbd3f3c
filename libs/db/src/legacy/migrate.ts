import { RcmError, Secret } from '@rcm/telemetry';
import { byIndex } from '../by-index.ts';
import type { Database } from '../database.ts';
import type { LoginName } from '../endpoints/follow-account.ts';
import { type EndpointRow, endpointRows } from '../endpoints/endpoint.ts';
import { NEXT_ROTATION } from '../endpoints/schedule.ts';
import { Prisma } from '../generated/client.ts';
import { checkLimit } from '../input.ts';
import { firstSecretIsNamed } from '../secret-places/first-place.ts';
import { writeAuditEvent } from '../audit/record.ts';
import { settleLogin } from './name-row.ts';
import { type NewProof, writeProof } from './proofs.ts';
import { HELD_NOTHING, lockRow, type SeenRow } from './row.ts';

/** Who the audit events of this file name. */
export const MIGRATOR = 'migrator';

export interface LegacyEndpoint {
  readonly endpoint: EndpointRow;
  /** `config.credentials` as JSON text: parsed on the way, a number of 20 digits would lose some. */
  readonly credentials: Secret<string>;
}

/** As the index has it that finds them among a million that have a name (`integration_endpoint_unnamed`). */
const UNNAMED = Prisma.sql`has_legacy_credentials AND login_identity IS NULL AND retired_at IS NULL`;

/** Pages through the endpoints that still hold plaintext, by id; `unnamed`: through those whose account nobody has named yet, and that are not retired. Raw SQL: Prisma parses jsonb. */
export async function listLegacyEndpoints(
  db: Database,
  { after, limit, unnamed = false }: { readonly after?: string | undefined; readonly limit: number; readonly unnamed?: boolean },
): Promise<LegacyEndpoint[]> {
  return byIndex(db, 'every tenant', async (client) => {
    const texts = await client.$queryRaw<{ id: string; credentials: string }[]>`
      SELECT id, (config->'credentials')::text AS credentials FROM integration_endpoint
       WHERE ${unnamed ? UNNAMED : Prisma.sql`has_legacy_credentials`} AND id > ${after ?? ''} ORDER BY id LIMIT ${checkLimit(limit)}`;
    const rows = await client.integrationEndpoint.findMany({ where: { id: { in: texts.map(({ id }) => id) } } });
    const endpoints = new Map((await endpointRows(client, rows)).map((endpoint) => [endpoint.id, endpoint]));
    return texts.flatMap(({ id, credentials }) => {
      const endpoint = endpoints.get(id);
      return endpoint ? [{ endpoint, credentials: new Secret(credentials) }] : [];
    });
  });
}

export interface Migrated extends NewProof {
  readonly loginIdentity: string;
  /** Which key made it. Default `1`. */
  readonly identityKeyId?: string;
  /** The same account's names under the other keys that are known. Where an endpoint goes by one of them already, this one does too. */
  readonly otherNames?: readonly LoginName[];
  /** What the row held when the secret was made of it. Default: nothing. */
  readonly row?: SeenRow;
  /** Of a login that is used again: what its row was to name when that was read; `null`: nothing. Default: whatever it was to name. */
  readonly retiredSecretArn?: string | null;
}

/**
 * The endpoint's login now lies in the store: sets reference, version and identity, only where there is no reference yet and the row still
 * holds what the secret was made of, with proof and audit event in the same transaction. A due date that is there stays. `already`: there
 * was a reference. `edited`: the row holds something else by now; nothing was changed.
 * Fails with `endpoint_unknown`, `endpoint_retired`, `state_conflict` (who shares the secret has moved it meanwhile), `input_invalid` (a reference or identity that the schema refuses), `config_invalid` where logins are named with a key
 * that the caller does not know: the account may be one of them.
 */
export async function recordMigrated(db: Database, migrated: Migrated): Promise<'recorded' | 'already' | 'edited'> {
  return db.transaction({ tenant: migrated.orgId }, async (tx) => {
    const { endpointId, orgId, secretArn, version, loginIdentity, row: seen = HELD_NOTHING } = migrated;
    // First, since it takes the locks of the account's names.
    const goesBy = await settleLogin(tx, endpointId, [{ id: loginIdentity, keyId: migrated.identityKeyId ?? '1' }, ...(migrated.otherNames ?? [])]);
    const row = await lockRow(tx, { endpointId, orgId, fingerprintOf: seen.fingerprintOf });
    // The CHECKs run on a row that still holds plaintext, and a refused row would be quoted: so the value is tried on its own first.
    const [fits] = await tx.$queryRaw<
      { fits: boolean }[]
    >`SELECT (${secretArn} ~ '^arn:aws(-[a-z]+)*:(ssm|secretsmanager):' OR ${secretArn} LIKE 'vault:%') AND ${version} <> '' AS fits`;
    if (!fits?.fits) throw new RcmError('input_invalid', 'The secret reference or version is not one that the schema takes.');
    if (row.secretArn !== null) return 'already';
    if (row.retired)
      throw new RcmError('endpoint_retired', `Endpoint ${endpointId} is retired: its row names no secret. \`rcm endpoint reinstate\` takes that back.`);
    if (migrated.retiredSecretArn !== undefined && row.retiredSecretArn !== migrated.retiredSecretArn)
      throw new RcmError(
        'state_conflict',
        `What the row of endpoint ${endpointId} is to name was moved, or came to be, while it was read, so it names none yet: say it again.`,
      );
    if (row.fingerprint !== seen.fingerprint) return 'edited';
    await tx.$executeRaw`
      UPDATE integration_endpoint e SET secret_arn = ${secretArn}, retired_secret_arn = NULL, current_version = ${version}, login_identity = ${goesBy}, rotation_status = coalesce(e.rotation_status, 'active'),
             next_rotation_at = coalesce(e.next_rotation_at, ${NEXT_ROTATION}), updated_at = clock_timestamp()
        FROM portal_type p WHERE p.code = e.portal_type_code AND e.id = ${endpointId} AND e.org_id = ${orgId}`;
    await firstSecretIsNamed(tx, { endpointId, orgId });
    await writeProof(tx, { ...migrated, step: 'applied', rowFingerprint: row.fingerprint, look: null });
    await writeAuditEvent(tx, {
      orgId,
      actor: MIGRATOR,
      action: 'endpoint.migrated',
      subject: endpointId,
      reason: 'migration',
      details: { secretArn, version },
    });
    return 'recorded';
  });
}
