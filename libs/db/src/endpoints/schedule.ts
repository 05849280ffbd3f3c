import { Prisma } from '../generated/client.ts';
import { byIndex } from '../by-index.ts';
import type { Database, Transaction } from '../database.ts';
import { checkLimit, timestamp } from '../input.ts';
import { NO_OLD_READERS } from '../legacy/old-readers.ts';
import { endpointRow, WITH_PORTAL_TYPE, type EndpointRow } from './endpoint.ts';

/**
 * Endpoints to rotate now, the longest due first: automatic portal type whose terms let a program log in, a secret and an identity, `next_rotation_at` reached,
 * no open attempt for the identity, no plaintext of it that somebody may still read. One endpoint per secret. An identity that lies in two organizations or under two secrets is
 * left out (`listSharedIdentities` names it): changing it for one would lock the other out.
 *
 * Raw SQL: the partial index `integration_endpoint_due` gives the order, so the scan stops after `limit` rows.
 */
export async function listDueEndpoints(db: Database, { limit }: { readonly limit: number }): Promise<EndpointRow[]> {
  return byIndex(db, 'every tenant', async (client) => {
    const due = await client.$queryRaw<{ id: string }[]>`
      SELECT e.id
        FROM integration_endpoint e JOIN portal_type p ON p.code = e.portal_type_code
       WHERE e.secret_arn IS NOT NULL AND e.next_rotation_at <= now() AND e.login_identity IS NOT NULL AND e.current_version IS NOT NULL
         AND p.rotation_mode = 'automatic' AND p.automation = 'allowed'
         AND NOT EXISTS (SELECT 1 FROM rotation_attempt a WHERE a.login_identity = e.login_identity AND a.ended_at IS NULL)
         AND NOT EXISTS (SELECT 1 FROM integration_endpoint o
                          WHERE o.login_identity = e.login_identity AND (o.org_id <> e.org_id OR o.secret_arn IS DISTINCT FROM e.secret_arn))
         AND ${NO_OLD_READERS}
         AND NOT EXISTS (SELECT 1 FROM integration_endpoint twin
                          WHERE twin.login_identity = e.login_identity AND twin.next_rotation_at <= now()
                            AND (twin.next_rotation_at, twin.id) < (e.next_rotation_at, e.id))
       ORDER BY e.next_rotation_at, e.id
       LIMIT ${checkLimit(limit)}`;
    const ids = due.map((row) => row.id);
    const rows = await client.integrationEndpoint.findMany({ where: { id: { in: ids } }, include: WITH_PORTAL_TYPE });
    return rows.map(endpointRow).sort((a, b) => ids.indexOf(a.id) - ids.indexOf(b.id));
  });
}

/** Whether an endpoint's next rotation is due, by the clock that also decides what `listDueEndpoints` lists. */
export async function isDue(db: Database, { orgId, endpointId }: { readonly orgId: string; readonly endpointId: string }): Promise<boolean> {
  const [row] = await db.transaction(
    { tenant: orgId },
    (tx) => tx.$queryRaw<{ due: boolean }[]>`
      SELECT coalesce(next_rotation_at <= clock_timestamp(), false) AS due FROM integration_endpoint WHERE org_id = ${orgId} AND id = ${endpointId}`,
  );
  return row?.due ?? false;
}

/** Rows that one statement sets, so that no lock is held for long and no transaction grows with the number of logins. */
const SET_AT_ONCE = 1_000;

/**
 * Sets when endpoints are next due; `'now'` is Postgres's now, once for each thousand rows. Returns how many rows were set. For `'all'` it
 * goes through the endpoints by id; interrupted, it has set some of them, and may be repeated.
 */
export async function setNextRotation(
  db: Database,
  { endpointIds, at }: { readonly endpointIds: readonly string[] | 'all'; readonly at: Date | 'now' },
): Promise<number> {
  const time = at === 'now' ? Prisma.sql`now()` : Prisma.sql`${timestamp(at)}::timestamptz`;
  const which = endpointIds === 'all' ? Prisma.sql`true` : Prisma.sql`id = ANY (${[...endpointIds]}::text[])`;
  let [set, after]: [number, string | null] = [0, ''];
  while (after !== null) {
    const from: string = after;
    const [batch] = await db.transaction(
      'every tenant',
      (tx) => tx.$queryRaw<{ rows: number; last: string | null }[]>`
        WITH batch AS (SELECT id FROM integration_endpoint WHERE id > ${from} AND ${which} ORDER BY id LIMIT ${SET_AT_ONCE}),
             changed AS (UPDATE integration_endpoint e SET next_rotation_at = ${time}, updated_at = now() FROM batch b WHERE e.id = b.id RETURNING e.id)
        SELECT count(*)::int AS rows, max(id) AS last FROM changed`,
    );
    set += batch?.rows ?? 0;
    after = batch?.last ?? null;
  }
  return set;
}

/** An identity that is not rotated automatically, and why. */
export interface SharedIdentity {
  readonly loginIdentity: string;
  readonly organizations: number;
  readonly secrets: number;
  readonly endpointIds: readonly string[];
}

/** Identities that lie in several organizations or under several secrets, the first that were known first; for reports. */
export async function listSharedIdentities(db: Database, { limit }: { readonly limit: number }): Promise<SharedIdentity[]> {
  return db.transaction(
    'every tenant',
    (tx) => tx.$queryRaw<SharedIdentity[]>`
      SELECT i.id AS "loginIdentity", e.* FROM (SELECT s.id, s.created_at FROM login_identity s WHERE s.shared ORDER BY s.created_at, s.id LIMIT ${checkLimit(limit)}) i
       CROSS JOIN LATERAL (SELECT count(DISTINCT o.org_id)::int AS organizations, count(DISTINCT coalesce(o.secret_arn, ''))::int AS secrets, array_agg(o.id ORDER BY o.id) AS "endpointIds"
                             FROM integration_endpoint o WHERE o.login_identity = i.id) e
       ORDER BY i.created_at, i.id`,
  );
}

/**
 * The moment of an endpoint's next rotation, counted from now: its portal type's interval, or the portal's own expiry less the head
 * start where that is sooner; minus a part of the spread that is fixed for each endpoint, so that a thousand endpoints seeded in one
 * hour do not come due in one hour. For tables `e` and `p`.
 */
export const NEXT_ROTATION = Prisma.sql`
  clock_timestamp() + make_interval(days => least(p.rotation_interval_days, p.password_expires_days - p.expiry_head_start_days))
    - make_interval(secs => p.rotation_spread_days * 86400.0 * ((hashtextextended(e.id, 0) & 65535) / 65536.0))`;

/**
 * The portal told a login when its password expires (`now`: it has): the rotation comes forward to the head start before that, never back. Never into the
 * first half of the password's life, or a portal with a short one would be rotated without end; nor into the cool-down of a rotation that
 * failed or was put off, or one that cannot succeed would be tried after every login. A date that lies before the last rotation is the former password's, which a page may
 * show for some time, or for ever: it moves nothing. Returns whether it moved.
 */
export async function bringRotationForward(
  db: Database,
  { orgId, endpointId, expiresAt }: { readonly orgId: string; readonly endpointId: string; readonly expiresAt: Date | 'now' },
): Promise<boolean> {
  const at = expiresAt === 'now' ? Prisma.sql`clock_timestamp()` : Prisma.sql`${timestamp(expiresAt)}::timestamptz`;
  const moved = await db.transaction(
    { tenant: orgId },
    (tx) => tx.$executeRaw`
      UPDATE integration_endpoint e SET next_rotation_at = w.at, updated_at = clock_timestamp()
        FROM (SELECT o.id, greatest(x.at - make_interval(days => p.expiry_head_start_days), o.last_rotated_at + (x.at - o.last_rotated_at) / 2,
                              o.rotation_not_before) AS at
                FROM integration_endpoint o JOIN portal_type p ON p.code = o.portal_type_code, (SELECT ${at} AS at) x
               WHERE o.org_id = ${orgId} AND o.id = ${endpointId} AND (o.last_rotated_at IS NULL OR x.at > o.last_rotated_at)) w
       WHERE w.id = e.id AND e.org_id = ${orgId} AND (e.next_rotation_at IS NULL OR e.next_rotation_at > w.at)`,
  );
  return moved > 0;
}

/** Tells every listener that a secret has a new current version. Part of the caller's transaction: sent when it commits. */
export async function notifyCredentialChanged(tx: Transaction, { orgId, secretArn }: { readonly orgId: string; readonly secretArn: string }): Promise<void> {
  await tx.$executeRaw`
    SELECT pg_notify('rcm_credential_changed', json_build_object('endpointId', id, 'orgId', org_id, 'secretArn', secret_arn, 'version', current_version)::text)
      FROM integration_endpoint WHERE org_id = ${orgId} AND secret_arn = ${secretArn}`;
}

/**
 * Whether a rotation would leave another login behind with a wrong password: this one also lies in another organization or under another secret, or its secret is another
 * account's too, as where a portal type that shared a realm was given one of its own.
 */
export async function liesElsewhere(
  db: Database,
  login: { readonly orgId: string; readonly loginIdentity: string; readonly secretArn: string },
): Promise<boolean> {
  const [row] = await db.transaction(
    'every tenant',
    (tx) => tx.$queryRaw<{ elsewhere: boolean }[]>`
      SELECT EXISTS (SELECT FROM integration_endpoint o WHERE o.login_identity = ${login.loginIdentity}
                        AND (o.org_id <> ${login.orgId} OR o.secret_arn IS DISTINCT FROM ${login.secretArn}))
          OR EXISTS (SELECT FROM integration_endpoint o WHERE o.org_id = ${login.orgId} AND o.secret_arn = ${login.secretArn} AND o.login_identity <> ${login.loginIdentity}) AS elsewhere`,
  );
  return row?.elsewhere ?? false;
}

/**
 * Until when the portal keeps this password from being changed, by its least age in hours and by how many changes a day it takes (`null`: any number; counted
 * over 24 hours, as far as rotations made them); `null`: it may be changed, by Postgres's clock.
 */
export async function passwordTooYoungUntil(
  db: Database,
  {
    orgId,
    endpointId,
    leastHours,
    changesPerDay,
  }: { readonly orgId: string; readonly endpointId: string; readonly leastHours: number; readonly changesPerDay: number | null },
): Promise<Date | null> {
  const hours = changesPerDay === 1 ? Math.max(leastHours, 24) : leastHours;
  const [row] = await db.transaction(
    { tenant: orgId },
    (tx) => tx.$queryRaw<{ until: Date | null }[]>`
      SELECT CASE WHEN w.at > clock_timestamp() THEN w.at END AS until
        FROM integration_endpoint e,
             LATERAL (SELECT greatest(e.last_rotated_at + make_interval(hours => ${hours}::int),
                                      (SELECT a.ended_at + interval '24 hours' FROM rotation_attempt a
                                        WHERE a.login_identity = e.login_identity AND a.state = 'done' ORDER BY a.ended_at DESC OFFSET ${(changesPerDay ?? 1) - 1}::int
                                        LIMIT ${changesPerDay === null ? 0 : 1}::int)) AS at) w
       WHERE e.org_id = ${orgId} AND e.id = ${endpointId}`,
  );
  return row?.until ?? null;
}
