import { RcmError } from '@rcm/telemetry';
import { byIndex } from '../by-index.ts';
import type { Database, Transaction } from '../database.ts';
import type { LoginName } from '../endpoints/follow-account.ts';
import { Prisma } from '../generated/client.ts';
import { lockRow, type SeenRow } from './row.ts';

/** By which of an account's names it goes; locked for the rest of the transaction. Fails with `config_invalid`: see `recordMigrated`. */
export async function settleLogin(tx: Transaction, endpointId: string, names: readonly LoginName[]): Promise<string> {
  const [row] = await tx.$queryRaw<{ goesBy: string | null }[]>`
    SELECT rcm_settle_login(${endpointId}, ${names.map(({ id }) => id)}::text[], ${names.map(({ keyId }) => keyId)}::text[]) AS "goesBy"`;
  if (row && row.goesBy !== null) return row.goesBy;
  throw new RcmError(
    'config_invalid',
    'Logins are named with an identity key that this process does not have, so whose account this is cannot be said (docs/keys.md). Nothing was changed.',
  );
}

/**
 * Says which account a row's plaintext is of, before anything of it is moved: a rotation of that account under another endpoint waits for this row from then on. `from`: the name that the
 * row has, `null`: none. Does nothing where it has another, or a secret, is retired, or no longer holds what was seen. Fails with `endpoint_unknown`, `config_invalid`, `lease_unavailable`:
 * somebody is at the account that it names.
 */
export async function nameRow(
  db: Database,
  named: { readonly orgId: string; readonly endpointId: string; readonly from: string | null; readonly names: readonly LoginName[]; readonly row: SeenRow },
): Promise<void> {
  const { orgId, endpointId, from, names, row: seen } = named;
  await db.transaction({ tenant: orgId }, async (tx) => {
    await mustBeFree(tx, named);
    // Before the row's lock, since it takes the locks of the account's names.
    const goesBy = await settleLogin(tx, endpointId, names);
    const row = await lockRow(tx, { endpointId, orgId, fingerprintOf: seen.fingerprintOf });
    // A retired row names no account: the schema would refuse one.
    if (row.secretArn !== null || row.retired || row.fingerprint !== seen.fingerprint) return;
    await tx.$executeRaw`
      UPDATE integration_endpoint SET login_identity = ${goesBy}, updated_at = clock_timestamp()
       WHERE id = ${endpointId} AND org_id = ${orgId} AND login_identity IS NOT DISTINCT FROM ${from}::text AND login_identity IS DISTINCT FROM ${goesBy}::text`;
  });
}

type Renamed = Omit<Parameters<typeof nameRow>[1], 'row'>;

/** A name takes its leases along, or leaves its account: an agent that is at it must neither lose its own nor find another account in its row. */
async function mustBeFree(tx: Transaction, { orgId, endpointId, from, names }: Renamed): Promise<void> {
  if (from === null || from === names[0]?.id) return;
  const [held] = await tx.$queryRaw<unknown[]>`
    SELECT FROM login_lease l WHERE l.login_identity = ${from} AND l.endpoint_id = ${endpointId} AND l.org_id = ${orgId} AND l.expires_at > clock_timestamp() LIMIT 1`;
  if (held)
    throw new RcmError('lease_unavailable', `Somebody is at the account that the row of endpoint ${endpointId} names. Its name was not changed; run it again.`);
}

/** A row that holds nothing names no account any more: it would keep its account from being rotated elsewhere. Does nothing where it holds something. */
export async function forgetName(db: Database, { orgId, endpointId }: { readonly orgId: string; readonly endpointId: string }): Promise<void> {
  await db.transaction({ tenant: orgId }, async (tx) => {
    // Before the row's lock, as everywhere: a trigger would take this one after it.
    await tx.$queryRaw`
      SELECT FROM login_identity WHERE id = (SELECT login_identity FROM integration_endpoint WHERE id = ${endpointId} AND org_id = ${orgId}) FOR UPDATE`;
    await tx.$executeRaw`
      UPDATE integration_endpoint SET login_identity = NULL, updated_at = clock_timestamp()
       WHERE id = ${endpointId} AND org_id = ${orgId} AND secret_arn IS NULL AND NOT has_legacy_credentials`;
  });
}

export interface RotatedElsewhere {
  readonly orgId: string;
  readonly endpointId: string;
  readonly secretArn: string;
  /** What the row says is current; `null`: it names nothing any more. */
  readonly currentVersion: string | null;
  /** The account, as that endpoint calls it or did. */
  readonly loginIdentity: string;
  readonly isUnderWay: boolean;
  /** It was retired: its row named the secret. */
  readonly isRetired: boolean;
}

/**
 * Secrets of an account under other endpoints that were rotated there, the newest first: what a row still holds of it is old, unless it says what they say. First those of which a
 * rotation is under way: what they say now may be old in a moment. Those of retired endpoints are among them, unless it is noted that they were removed.
 */
export async function secretsRotatedElsewhere(
  db: Database,
  { endpointId, names, limit }: { readonly endpointId: string; readonly names: readonly LoginName[]; readonly limit: number },
): Promise<RotatedElsewhere[]> {
  const ids = Prisma.join(names.map(({ id }) => id));
  return byIndex(
    db,
    'every tenant',
    (tx) => tx.$queryRaw`
      SELECT * FROM (
        SELECT e.org_id AS "orgId", e.id AS "endpointId", coalesce(e.secret_arn, e.retired_secret_arn) AS "secretArn", e.current_version AS "currentVersion",
               coalesce(e.login_identity, e.left_login_identity) AS "loginIdentity", e.secret_arn IS NULL AS "isRetired", e.last_rotated_at,
               EXISTS (SELECT FROM rotation_attempt a WHERE a.login_identity = e.login_identity AND a.ended_at IS NULL) AS "isUnderWay"
          FROM integration_endpoint e
         WHERE e.id <> ${endpointId}
           AND ((e.login_identity IN (${ids}) AND e.secret_arn IS NOT NULL)
             OR (e.left_login_identity IN (${ids}) AND e.secret_arn IS NULL AND e.retired_secret_arn IS NOT NULL AND (e.retired_secret_removed_at >= e.retired_at) IS NOT TRUE))) r
       WHERE r."isUnderWay" OR r.last_rotated_at IS NOT NULL
       ORDER BY r."isUnderWay" DESC, r.last_rotated_at DESC LIMIT ${limit}`,
  );
}
