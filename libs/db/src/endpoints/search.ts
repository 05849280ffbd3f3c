import { RcmError } from '@rcm/telemetry';
import { byIndex } from '../by-index.ts';
import type { Database, RawTransaction } from '../database.ts';
import { checkLimit, checkMs, timestamp } from '../input.ts';
import { checkFingerprints, type Fingerprints } from '../ledger/password.ts';
import { writeNotification } from '../notifications/write.ts';

/** A login of which somebody met that the store does not hold what the portal accepts. */
export interface WantedSearch {
  readonly orgId: string;
  readonly endpointId: string;
}

/** A search as it begins: what it has seen. What is wanted meanwhile is the next one's, also where it leaves the date as it is. */
export interface SearchStart extends WantedSearch {
  /** How often it was wanted until then. */
  readonly requests: number;
}

/**
 * Notes it, in the transaction that saw the portal's refusal. A rotator searches what is stored for what the portal accepts, once the portal has had
 * its time: somebody may have changed the password a moment ago, and the old one would still be accepted. A search that is wanted already is not put off.
 */
export async function wantSearch(tx: RawTransaction, { orgId, endpointId }: WantedSearch): Promise<void> {
  await tx.$executeRaw`
    UPDATE integration_endpoint e
       SET search_wanted_at = least(e.search_wanted_at, clock_timestamp() + make_interval(secs => p.settle_ms::float8 / 1000)), search_wishes = e.search_wishes + 1
      FROM portal_type p WHERE p.code = e.portal_type_code AND e.org_id = ${orgId} AND e.id = ${endpointId}`;
}

/** The same at once, in the transaction of a person's word that a password is right. */
export async function wantSearchNow(tx: RawTransaction, { orgId, endpointId }: WantedSearch): Promise<void> {
  await tx.$executeRaw`
    UPDATE integration_endpoint SET search_wanted_at = clock_timestamp(), search_wishes = search_wishes + 1 WHERE org_id = ${orgId} AND id = ${endpointId}`;
}

/** The same, for an agent that sees it without a login: what lies in the store is older than what was promoted, or names another account. */
export function wantCredentialSearch(db: Database, wanted: WantedSearch): Promise<void> {
  return db.rawTransaction({ tenant: wanted.orgId }, (tx) => wantSearchNow(tx, wanted));
}

/**
 * The same, for an agent that may not try what the store holds, as the portal refused it: where the account let somebody in by another password since then, somebody has
 * saved an old copy over the one that is accepted. Nobody is refused by that, as nobody tries it, so nobody else would look before the next rotation.
 */
export async function wantSearchIfOutdated(
  db: Database,
  { orgId, endpointId, fingerprints }: WantedSearch & { readonly fingerprints: Fingerprints },
): Promise<void> {
  const prints = [...checkFingerprints(fingerprints)];
  await db.rawTransaction(
    { tenant: orgId },
    (tx) => tx.$executeRaw`
      UPDATE integration_endpoint e SET search_wanted_at = clock_timestamp(), search_wishes = e.search_wishes + 1
       WHERE e.org_id = ${orgId} AND e.id = ${endpointId} AND e.search_wanted_at IS NULL
         AND EXISTS (SELECT FROM login_attempt a
                      WHERE a.login_identity = e.login_identity AND a.outcome = 'accepted' AND a.fingerprint <> ALL(${prints}::text[])
                        AND a.started_at > (SELECT max(r.started_at) FROM login_attempt r
                                             WHERE r.login_identity = e.login_identity AND r.effect IN ('suspect', 'bad') AND r.fingerprint = ANY(${prints}::text[])))`,
  );
}

/**
 * Logins whose copies are to be searched now, the longest wanted first: since the last search somebody was refused, no rotation of them
 * is open, and a program may log in. One that was searched less than `pauseMs` ago waits.
 */
export async function listWantedSearches(
  db: Database,
  { limit, pauseMs }: { readonly limit: number; readonly pauseMs: number },
): Promise<readonly WantedSearch[]> {
  const ms = checkMs('pauseMs', pauseMs);
  return byIndex(
    db,
    'every tenant',
    (tx) => tx.$queryRaw<WantedSearch[]>`
      SELECT e.org_id AS "orgId", e.id AS "endpointId" FROM integration_endpoint e JOIN portal_type p ON p.code = e.portal_type_code
       WHERE p.automation = 'allowed' AND e.search_wanted_at IS NOT NULL AND e.secret_arn IS NOT NULL AND e.login_identity IS NOT NULL
         AND e.search_wanted_at <= now()
         AND (e.searched_at IS NULL OR e.searched_at < clock_timestamp() - make_interval(secs => ${ms}::float8 / 1000))
         AND NOT EXISTS (SELECT FROM rotation_attempt a WHERE a.login_identity = e.login_identity AND a.ended_at IS NULL)
       ORDER BY e.search_wanted_at LIMIT ${checkLimit(limit)}`,
  );
}

/** A search begins, before it reads anything. Fails with `endpoint_unknown`. */
export async function startSearch(db: Database, { orgId, endpointId }: WantedSearch): Promise<SearchStart> {
  const [row] = await db.rawTransaction(
    { tenant: orgId },
    (tx) =>
      tx.$queryRaw<
        { searchRequests: number }[]
      >`SELECT search_wishes AS "searchRequests" FROM integration_endpoint WHERE id = ${endpointId} AND org_id = ${orgId}`,
  );
  if (!row) throw new RcmError('endpoint_unknown', `Organization ${orgId} has no endpoint ${endpointId}.`);
  return { orgId, endpointId, requests: row.searchRequests };
}

/** A search has come to its end: what it has seen is wanted no more. */
export async function noteSearched(db: Database, { orgId, endpointId, requests }: SearchStart): Promise<void> {
  await db.rawTransaction(
    { tenant: orgId },
    (tx) => tx.$executeRaw`
      UPDATE integration_endpoint
         SET searched_at = clock_timestamp(),
             search_wanted_at = CASE WHEN search_wishes <> ${requests}::int OR search_wanted_at > clock_timestamp() THEN search_wanted_at END
       WHERE org_id = ${orgId} AND id = ${endpointId}`,
  );
}

/** Not all could be asked yet: the search goes on at a moment that ledger or portal named (believed for a day), or after a pause; sooner where that is wanted meanwhile. */
export async function postponeSearch(db: Database, search: SearchStart & ({ readonly until: Date } | { readonly forMs: number })): Promise<void> {
  const { orgId, endpointId, requests } = search;
  const until = 'until' in search ? timestamp(search.until) : null;
  const ms = 'forMs' in search ? checkMs('forMs', search.forMs) : null;
  await db.rawTransaction(
    { tenant: orgId },
    (tx) => tx.$executeRaw`
      UPDATE integration_endpoint
         SET search_wanted_at = least(coalesce(${until}::timestamptz, clock_timestamp() + make_interval(secs => ${ms}::float8 / 1000)), clock_timestamp() + interval '1 day',
                                      CASE WHEN search_wishes <> ${requests}::int THEN search_wanted_at END)
       WHERE org_id = ${orgId} AND id = ${endpointId}`,
  );
}

/** Tells people that the portal accepts another stored password than the current one, and that it is current now. */
export async function tellFound(
  db: Database,
  told: WantedSearch & { readonly portalTypeCode: string; readonly version: string; readonly found: string },
): Promise<void> {
  const { orgId, endpointId, portalTypeCode, version, found } = told;
  await db.rawTransaction({ tenant: orgId }, (tx) =>
    writeNotification(tx, { kind: 'found', key: `${endpointId}:${version}`, orgId, endpointId, portalTypeCode, detail: `it accepts ${found}` }),
  );
}

/** Tells people once that a version of a secret was left behind, and why. */
export async function tellLeftBehind(
  db: Database,
  told: WantedSearch & { readonly portalTypeCode: string; readonly version: string; readonly detail: string },
): Promise<void> {
  const { orgId, endpointId, portalTypeCode, version, detail } = told;
  await db.rawTransaction({ tenant: orgId }, (tx) =>
    writeNotification(tx, { kind: 'left_previous', key: `${endpointId}:${version}`, orgId, endpointId, portalTypeCode, detail }),
  );
}

/** How long a refusal is told of, in days: whoever has not logged in for longer is not waiting. */
const TOLD_DAYS = 14;

/** More say nothing new. */
const MOST_COUNTED = 1_000;

/** How many logins were refused with what the store holds and have not got in since, 1,000 at most; for a gauge. */
export async function countRefusedLogins(db: Database): Promise<number> {
  const [row] = await byIndex(
    db,
    'every tenant',
    (tx) => tx.$queryRaw<{ refused: number }[]>`
      SELECT count(*)::int AS refused FROM (
        SELECT FROM login_identity i
         WHERE i.refused_since IS NOT NULL AND EXISTS (SELECT FROM integration_endpoint e WHERE e.login_identity = i.id)
           -- In an order that is its own logins' alone: by any other index the refusals of all would be looked through for each.
           AND (SELECT a.started_at FROM login_attempt a WHERE a.login_identity = i.id AND a.effect IN ('suspect', 'bad') AND a.started_at >= i.refused_since
                 ORDER BY a.login_identity, a.started_at DESC LIMIT 1) > now() - make_interval(days => ${TOLD_DAYS}::int)
         ORDER BY i.refused_since, i.id LIMIT ${MOST_COUNTED}) r`,
  );
  return row?.refused ?? 0;
}
