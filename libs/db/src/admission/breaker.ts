import { byIndex } from '../by-index.ts';
import type { Database, Transaction } from '../database.ts';
import { checkMs } from '../input.ts';
import { writeNotification } from '../notifications/write.ts';

/** `canary_failed`: the day's first did not get through. `page_changed`: several did not. `logins_suspect`: many logins are refused. */
export type BreakerCause = 'canary_failed' | 'page_changed' | 'logins_suspect';

/** Stops a portal type's rotations, and tells people once per opening. In the caller's transaction; nothing happens where it is open already. */
export async function openBreaker(
  tx: Transaction,
  open: { readonly portalTypeCode: string; readonly cause: BreakerCause; readonly detail: string; readonly loginsInUse?: number | null },
): Promise<void> {
  await tx.$executeRaw`INSERT INTO portal_gate (portal_type_code) VALUES (${open.portalTypeCode}) ON CONFLICT DO NOTHING`;
  const opened = await tx.$queryRaw<{ at: Date }[]>`
    UPDATE portal_gate SET opened_at = clock_timestamp(), cause = ${open.cause}, detail = ${open.detail}, probed_at = NULL, closed_at = NULL, closed_by = NULL,
           logins_in_use = ${open.loginsInUse ?? null}, canary_day = NULL, canary_attempt_id = NULL, canary_state = NULL
     WHERE portal_type_code = ${open.portalTypeCode} AND (opened_at IS NULL OR closed_at IS NOT NULL) RETURNING opened_at AS at`;
  if (!opened[0]) return;
  const { portalTypeCode, cause, detail } = open;
  await writeNotification(tx, { kind: 'breaker_open', key: `${portalTypeCode}:${opened[0].at.toISOString()}`, portalTypeCode, detail: `${cause}: ${detail}` });
}

/** Since when it held rotations back. */
export interface Began {
  readonly at: Date;
}

/** Lets a portal type's rotations go on; the next scheduled one is a canary again. Returns since when it was stopped; none: it was not. */
export const closeBreaker = (tx: Transaction, { portalTypeCode, by }: { readonly portalTypeCode: string; readonly by: string }): Promise<readonly Began[]> =>
  tx.$queryRaw<Began[]>`
    UPDATE portal_gate SET closed_at = clock_timestamp(), closed_by = ${by}, canary_day = NULL, canary_attempt_id = NULL, canary_state = NULL
     WHERE portal_type_code = ${portalTypeCode} AND opened_at IS NOT NULL AND closed_at IS NULL RETURNING opened_at AS at`;

export interface BreakerRules {
  /** How far back is looked, in ms; never beyond the last time the breaker was closed. */
  readonly windowMs: number;
  /** Refused logins, before the portal is taken to be ill: fewer where few are in use (half of them), more where many are (a fifth). */
  readonly suspects: number;
  /** Logins whose rotation did not get through, however slowly, or whose login ended in a page nobody knows, before the pages are taken to have changed. */
  readonly failures: number;
}

/**
 * Opens the breakers whose portal types fail now, by what ledger and journal say of the last minutes; returns their codes. Closes those that
 * were opened because logins were refused, once as many have got in since. Derived and
 * not counted up, so no crash and no second rotator makes it wrong. Time-outs and pauses may make a rotation fail more slowly than the window is long: of the last
 * day all count that failed, or that wait for longer than the window for a portal that does not answer, as long as none of the type has got through since. Of a
 * blocked one only its beginning is known, as each look at it moves `updated_at`. One login that fails again and again is that login's matter;
 * a login that got in since is no failure. Logins in use are counted up to where so many refused
 * ones are few, in the order of an index, so a large portal type costs no more than a small one.
 */
export async function assessPortalTypes(db: Database, rules: BreakerRules): Promise<readonly string[]> {
  const windowMs = checkMs('windowMs', rules.windowMs);
  return byIndex(db, 'every tenant', async (tx) => {
    const found = await tx.$queryRaw<{ code: string; suspects: number; failures: number; active: number; isRefusing: boolean }[]>`
      WITH since AS (
        SELECT p.code, coalesce(g.closed_at, '-infinity') AS closed, greatest(now() - make_interval(secs => ${windowMs}::float8 / 1000), coalesce(g.closed_at, '-infinity')) AS at
          FROM portal_type p LEFT JOIN portal_gate g ON g.portal_type_code = p.code WHERE g.opened_at IS NULL OR g.closed_at IS NOT NULL
      ), lately AS MATERIALIZED (
        SELECT r.portal_type_code AS code, r.login_identity, r.state, r.created_at, r.ended_at, r.held_since, r.probes FROM rotation_attempt r WHERE r.created_at > now() - interval '1 day'
      ), passed AS (
        SELECT l.code, max(l.ended_at) AS at FROM lately l WHERE l.state = 'done' GROUP BY l.code
      ), failed AS (
        SELECT l.code, l.login_identity, l.created_at, CASE l.state WHEN 'abandoned' THEN l.ended_at WHEN 'blocked' THEN l.created_at ELSE l.held_since END AS at, l.state <> 'waiting' AS "hasEnded"
          FROM lately l
         WHERE l.state = 'blocked' OR (l.state = 'abandoned' AND l.probes > 0)
            OR (l.state = 'waiting' AND l.held_since <= now() - make_interval(secs => ${windowMs}::float8 / 1000)
                AND (SELECT a.outcome FROM login_attempt a WHERE a.login_identity = l.login_identity AND a.started_at > l.created_at ORDER BY a.started_at DESC LIMIT 1)
                    IN ('unavailable', 'unknown'))
      ), bad AS (
        SELECT s.code, a.login_identity, a.effect IN ('suspect', 'bad') AS suspect FROM since s JOIN login_attempt a ON a.portal_type_code = s.code
         WHERE a.started_at > s.at AND (a.effect IN ('suspect', 'bad') OR a.outcome = 'unknown')
           AND NOT EXISTS (SELECT FROM login_attempt ok WHERE ok.login_identity = a.login_identity AND ok.started_at > a.started_at AND ok.outcome = 'accepted')
        UNION
        SELECT s.code, f.login_identity, false FROM failed f JOIN since s ON s.code = f.code LEFT JOIN passed ON passed.code = f.code
         WHERE f.created_at > s.closed AND ((f."hasEnded" AND f.at > s.at) OR passed.at IS NULL OR passed.at < f.at)
      ), failing AS (
        SELECT code, count(DISTINCT login_identity) FILTER (WHERE suspect)::int AS suspects, count(DISTINCT login_identity) FILTER (WHERE NOT suspect)::int AS failures
          FROM bad GROUP BY code
      )
      SELECT f.code, f.suspects, f.failures, used.active, f.suspects > 1 AND f.suspects >= rcm_many_refused(used.active, ${rules.suspects}::int) AS "isRefusing"
        FROM failing f JOIN since s ON s.code = f.code
        -- OFFSET 0: worked out once, and not where it is named. Where so many got in within the window that so many refused ones are few, the week need not be looked at.
        CROSS JOIN LATERAL (SELECT CASE WHEN f.suspects > 1 THEN (SELECT l.active FROM rcm_refused_lately(f.code, NULL, now() - make_interval(secs => ${windowMs}::float8 / 1000)) l) END AS active OFFSET 0) lately
        CROSS JOIN LATERAL (SELECT CASE WHEN lately.active > 5 * f.suspects + 4 THEN lately.active ELSE (SELECT count(*)::int FROM (
          SELECT FROM integration_endpoint e
           WHERE f.suspects > 1 AND e.portal_type_code = f.code AND e.secret_arn IS NOT NULL
             AND EXISTS (SELECT FROM login_attempt a WHERE a.login_identity = e.login_identity AND a.started_at > now() - interval '7 days' AND a.outcome IS NOT NULL)
             AND NOT EXISTS (SELECT FROM integration_endpoint twin WHERE twin.login_identity = e.login_identity AND twin.portal_type_code = f.code AND twin.id < e.id)
           ORDER BY e.next_rotation_at, e.id LIMIT 5 * f.suspects + 5) counted) END AS active OFFSET 0) used
       WHERE (f.suspects > 1 AND f.suspects >= rcm_many_refused(used.active, ${rules.suspects}::int)) OR f.failures >= ${rules.failures}`;
    for (const { code, suspects, failures, active, isRefusing } of found) {
      const detail = isRefusing ? `${suspects} logins were refused` : `${failures} logins met pages or answers that nobody knows, or none`;
      await openBreaker(tx, { portalTypeCode: code, cause: isRefusing ? 'logins_suspect' : 'page_changed', detail, loginsInUse: isRefusing ? active : null });
    }
    await closeWell(tx, rules.suspects);
    return found.map(({ code }) => code);
  });
}

/**
 * A portal that has let in as many since as would have to be refused to call it ill, of all that were in use for a week before, is well, whoever logged in. How many those
 * were was counted when it was stopped; of one where nobody counted they are all that it has.
 */
async function closeWell(tx: Transaction, suspects: number): Promise<void> {
  const well = await tx.$queryRaw<{ code: string }[]>`
    SELECT g.portal_type_code AS code FROM portal_gate g
     WHERE g.opened_at IS NOT NULL AND g.closed_at IS NULL AND g.cause = 'logins_suspect'
       AND (SELECT count(*)::int FROM (SELECT FROM login_attempt a WHERE a.portal_type_code = g.portal_type_code AND a.outcome = 'accepted' AND a.started_at > g.opened_at
                                        GROUP BY a.login_identity) accepted)
           >= rcm_many_refused(coalesce(g.logins_in_use, (SELECT count(*)::int FROM integration_endpoint e WHERE e.portal_type_code = g.portal_type_code)), ${suspects}::int)`;
  for (const { code } of well) await closeBreaker(tx, { portalTypeCode: code, by: 'logins that got in' });
}
