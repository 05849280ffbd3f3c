import { Secret } from '@rcm/telemetry';
import type { Database, Transaction } from '../database.ts';
import { writeAuditEvent } from '../audit/record.ts';
import { notifyCredentialChanged } from '../endpoints/schedule.ts';
import { lockEndpointIdentity } from '../identity.ts';
import { checkUuid, jsonText } from '../input.ts';
import { openRotation } from '../journal/open-rotation.ts';
import type { SecretLook } from './secret-looks.ts';
import { writeProof } from './proofs.ts';
import { lockRow, type SeenRow } from './row.ts';

interface Of {
  readonly endpointId: string;
  readonly orgId: string;
}

/** What a row holds at `config.credentials`, as Postgres prints it; `null`: nothing, or there is no such endpoint. */
export async function readLegacy(db: Database, { endpointId, orgId }: Of): Promise<Secret<string> | null> {
  const [row] = await db.transaction(
    { tenant: orgId },
    (tx) =>
      tx.$queryRaw<
        { text: string | null }[]
      >`SELECT (config->'credentials')::text AS text FROM integration_endpoint WHERE id = ${endpointId} AND org_id = ${orgId}`,
  );
  return row === undefined || row.text === null ? null : new Secret(row.text);
}

interface Decided extends Of {
  /** What the row was seen to hold when the person's word was followed. */
  readonly row: SeenRow;
  /** What it is to hold from now on; `null`: what it holds. Numbers kept as raw JSON are written digit by digit. */
  readonly credentials: Secret<unknown> | null;
  /** Where what was not taken lies. `null`: nothing was left out. */
  readonly kept: string | null;
  readonly take: 'row' | 'store';
  readonly actor: string;
  readonly reason: string;
}

export interface ResolvedSecret extends Decided {
  /** The exclusive lease under which row and store were read. */
  readonly leaseId: string;
  /** Begun before the store was read. The proof counts while it is the newest. */
  readonly look: SecretLook;
  readonly secretArn: string;
  /** What the store holds now. */
  readonly version: string;
  readonly fingerprint: string;
}

/** `moved`: the row names another secret, or a rotation is open. `edited`: it holds something else by now. `lease_lost`: the login may have been changed since it was read. */
export type ResolveAnswer = 'resolved' | 'moved' | 'edited' | 'lease_lost';

/**
 * Row and store are one again, as a person said: writes into the row what the store holds, or takes the store's new version into the row, with a proof of the
 * row's bytes and the audit event in the same transaction. The organization's other endpoints with this secret follow. Any answer but `resolved` means
 * that nothing was changed. Fails with `endpoint_unknown`, `state_conflict` (never migrated).
 */
export async function recordResolved(db: Database, resolved: ResolvedSecret): Promise<ResolveAnswer> {
  const { endpointId, orgId, secretArn, version, fingerprint, leaseId, look } = resolved;
  return db.transaction({ tenant: orgId }, async (tx) => {
    const identity = await lockEndpointIdentity(tx, { endpointId, orgId });
    if (await openRotation(tx, identity.id)) return 'moved';
    const row = await lockRow(tx, { ...resolved, fingerprintOf: resolved.row.fingerprintOf });
    if (row.secretArn !== secretArn) return 'moved';
    if (row.fingerprint !== resolved.row.fingerprint) return 'edited';
    // As a rotation takes the lease under the identity's lock, nobody has changed what was read while ours is alive.
    const [held] = await tx.$queryRaw<object[]>`
      SELECT 1 FROM login_lease WHERE id = ${checkUuid('leaseId', leaseId)}::uuid AND login_identity = ${identity.id} AND kind = 'exclusive' AND expires_at > clock_timestamp()`;
    if (!held) return 'lease_lost';
    await writeRow(tx, resolved);
    await tx.$executeRaw`
      UPDATE integration_endpoint SET current_version = ${version}, updated_at = clock_timestamp()
       WHERE org_id = ${orgId} AND secret_arn = ${secretArn} AND current_version IS DISTINCT FROM ${version}`;
    const after = await lockRow(tx, { ...resolved, fingerprintOf: resolved.row.fingerprintOf });
    await writeProof(tx, { endpointId, orgId, secretArn, version, fingerprint, step: 'verified', rowFingerprint: after.fingerprint, look });
    await writeEvent(tx, resolved, { secretArn, version });
    await notifyCredentialChanged(tx, { orgId, secretArn });
    return 'resolved';
  });
}

/**
 * The same for a row that names no secret yet: it gets what lies in the store under its name, for `apply` to adopt. Only while `holder` has the claim of the
 * endpoint. `moved`: it has not, or the row names a secret by now. Fails with `endpoint_unknown`.
 */
export async function recordResolvedRow(db: Database, resolved: Decided & { readonly holder: string }): Promise<Exclude<ResolveAnswer, 'lease_lost'>> {
  const { endpointId, orgId, holder } = resolved;
  return db.transaction({ tenant: orgId }, async (tx) => {
    const row = await lockRow(tx, { ...resolved, fingerprintOf: resolved.row.fingerprintOf });
    const [claimed] = await tx.$queryRaw<object[]>`
      SELECT 1 FROM migration_claim WHERE endpoint_id = ${endpointId} AND org_id = ${orgId} AND holder = ${holder} AND claimed_until > clock_timestamp()`;
    if (row.secretArn !== null || !claimed) return 'moved';
    if (row.fingerprint !== resolved.row.fingerprint) return 'edited';
    await writeRow(tx, resolved);
    await writeEvent(tx, resolved, {});
    return 'resolved';
  });
}

async function writeRow(tx: Transaction, { endpointId, orgId, credentials }: Decided): Promise<void> {
  if (credentials === null) return;
  const text = jsonText('credentials', credentials.reveal());
  await tx.$executeRaw`
    UPDATE integration_endpoint SET config = config || jsonb_build_object('credentials', ${text}::jsonb), updated_at = clock_timestamp() WHERE id = ${endpointId} AND org_id = ${orgId}`;
}

const writeEvent = (tx: Transaction, { endpointId, orgId, take, kept, actor, reason }: Decided, more: Readonly<Record<string, string>>): Promise<void> =>
  writeAuditEvent(tx, { orgId, actor, action: 'endpoint.resolved', subject: endpointId, reason, details: { take, kept, ...more } });
