import { byIndexSorted } from '../by-index.ts';
import type { Database } from '../database.ts';
import { Prisma } from '../generated/client.ts';
import { checkLimit, checkMs } from '../input.ts';
import { KEEP_ALIVE_AT, KEPT_BY_PROGRAM, LAST_LOGIN, lookAgain, URGENT_AT, VERIFY_AT } from './lapses.ts';

const IS_LAPSING = Prisma.sql`(p.dormant_after_days IS NOT NULL AND ${KEEP_ALIVE_AT} <= clock_timestamp())`;
const IS_UNVERIFIED = Prisma.sql`(p.verify_every_days IS NOT NULL AND ${VERIFY_AT} <= clock_timestamp())`;

export interface UnusedLogin {
  readonly endpointId: string;
  readonly orgId: string;
}

/** Of each portal type, so many logins are looked at in one turn. */
const AT_ONCE = 15;
/** So many turns one call takes, at most, until it finds one that is to be used. */
const MOST_TURNS = 20;
/** When one is looked at again that no program can use now. */
const UNUSABLE = Prisma.sql`clock_timestamp() + interval '1 hour'`;
const HAS_DUE = Prisma.sql`EXISTS (SELECT FROM integration_endpoint d WHERE d.portal_type_code = p.code AND d.secret_arn IS NOT NULL AND d.next_rotation_at <= now())`;

/** When one is that somebody uses or rotates. */
const IN_HAND = Prisma.sql`clock_timestamp() + interval '10 minutes'`;
/** When one is that waits for its portal's rotations: as soon as it goes before them, and in case they are done. */
const BEHIND_ROTATIONS = Prisma.sql`clock_timestamp() + interval '1 hour'`;

/** Of each portal type where anything lapses and a program may log in now, the logins whose turn to be looked at has come, the oldest first. */
const TURN = Prisma.sql`
  SELECT p.code, p.busy, u.endpoint_id AS id FROM (
    SELECT p.code, ${HAS_DUE} AS busy FROM portal_type p
     WHERE (p.dormant_after_days IS NOT NULL OR p.verify_every_days IS NOT NULL) AND p.automation = 'allowed'
       AND NOT rcm_touches_maintenance(p.maintenance_windows, p.maintenance_time_zone, clock_timestamp(), interval '10 minutes')
       AND NOT EXISTS (SELECT FROM portal_gate g WHERE g.portal_type_code = p.code AND g.opened_at IS NOT NULL AND g.closed_at IS NULL) OFFSET 0) p
  CROSS JOIN LATERAL (
    SELECT k.endpoint_id FROM login_upkeep k
     WHERE k.portal_type_code = p.code AND k.use_at <= now() ORDER BY k.use_at LIMIT ${AT_ONCE} FOR UPDATE SKIP LOCKED) u`;

/** What a look at each of them says. Held: somebody uses or rotates it. Goes: where rotations are due, only what is urgent goes before them. */
const LOOK = Prisma.sql`
  SELECT e.id, e.org_id, i.id AS identity, ${LAST_LOGIN} AS last, ${IS_LAPSING} AS lapsing, ${KEPT_BY_PROGRAM} AS usable, i.keep_alive_after AS rests_until,
         ${IS_LAPSING} OR ${IS_UNVERIFIED} AS due, NOT t.busy OR (p.dormant_after_days IS NOT NULL AND ${URGENT_AT} <= clock_timestamp()) AS goes,
         CASE WHEN p.dormant_after_days IS NOT NULL THEN ${URGENT_AT} END AS urgent_at,
         EXISTS (SELECT FROM rotation_attempt a WHERE a.login_identity = i.id AND a.ended_at IS NULL)
           OR EXISTS (SELECT FROM login_lease l WHERE l.login_identity = i.id AND l.expires_at > clock_timestamp()) AS held,
         least(CASE WHEN p.dormant_after_days IS NOT NULL THEN ${KEEP_ALIVE_AT} END, CASE WHEN p.verify_every_days IS NOT NULL THEN ${VERIFY_AT} END) AS due_at
    FROM turn t JOIN integration_endpoint e ON e.id = t.id JOIN portal_type p ON p.code = e.portal_type_code JOIN login_identity i ON i.id = e.login_identity OFFSET 0`;

/** Until when it is not looked at. What is to be used now keeps its turn; whatever is not lets those behind it have theirs. */
const NEXT = Prisma.sql`
  CASE WHEN s.id IS NULL OR NOT s.usable THEN ${UNUSABLE} WHEN NOT s.due THEN ${lookAgain(Prisma.sql`s.due_at`)} WHEN s.held THEN ${IN_HAND}
       WHEN NOT s.goes THEN least(s.urgent_at, ${BEHIND_ROTATIONS}) ELSE s.rests_until END`;

interface Found extends UnusedLogin {
  readonly identity: string;
}

/** Looks at those whose turn it is: what is to be used now, and how many have lost their turn since there is nothing to be done yet. */
async function inTurn(db: Database, limit: number): Promise<{ readonly found: readonly Found[]; readonly moved: number }> {
  const rows = await byIndexSorted(
    db,
    'every tenant',
    (tx) => tx.$queryRaw<readonly ((Found | Record<keyof Found, null>) & { readonly moved: number })[]>`
      WITH turn AS MATERIALIZED (${TURN}), seen AS MATERIALIZED (${LOOK}),
      moved AS (
        UPDATE login_upkeep u SET use_at = m.next FROM (SELECT t.id, ${NEXT} AS next FROM turn t LEFT JOIN seen s ON s.id = t.id) m
         WHERE u.endpoint_id = m.id AND m.next > clock_timestamp() RETURNING u.endpoint_id)
      SELECT n.moved, f.id AS "endpointId", f.org_id AS "orgId", f.identity FROM (SELECT count(*)::int AS moved FROM moved) n LEFT JOIN LATERAL (
        SELECT d.* FROM (
          SELECT DISTINCT ON (s.identity) s.* FROM seen s
           WHERE s.due AND s.usable AND s.goes AND NOT s.held AND coalesce(s.rests_until, '-infinity') <= clock_timestamp() ORDER BY s.identity, s.id) d
         ORDER BY d.lapsing DESC, d.last, d.identity LIMIT ${checkLimit(limit)}) f ON true ORDER BY f.lapsing DESC, f.last, f.identity`,
  );
  return { found: rows.filter((row) => row.endpointId !== null), moved: rows[0]?.moved ?? 0 };
}

/**
 * Takes logins that the portal would disable for want of a login, the nearest first, then those that nobody used for as long as their portal type lets a
 * password go unverified, one endpoint of each; whoever takes one keeps others from it for `coolDownMs`. The lowest of priorities: none whose login is in use or
 * being rotated, none at a portal that has rotations due, that is ill, or that is in its maintenance hours; only one that is about to be disabled goes before
 * rotations. Those that are not due are looked at again when they can be.
 */
export async function claimUnusedLogins(
  db: Database,
  { limit, coolDownMs }: { readonly limit: number; readonly coolDownMs: number },
): Promise<readonly UnusedLogin[]> {
  const ms = checkMs('coolDownMs', coolDownMs);
  let due = await inTurn(db, limit);
  for (let turn = 1; turn < MOST_TURNS && due.found.length === 0 && due.moved > 0; turn += 1) due = await inTurn(db, limit);
  const claimed: UnusedLogin[] = [];
  // One by one, as their tenant: of two that see the same login, the second finds it taken.
  for (const { endpointId, orgId, identity } of due.found) {
    const taken = await db.transaction(
      { tenant: orgId },
      (tx) => tx.$executeRaw`
        UPDATE login_identity SET keep_alive_after = clock_timestamp() + make_interval(secs => ${ms}::float8 / 1000)
         WHERE id = ${identity} AND coalesce(keep_alive_after, '-infinity') <= clock_timestamp()`,
    );
    if (taken > 0) claimed.push({ endpointId, orgId });
  }
  return claimed;
}

/** Whether the portal has seen a login that counts since it would have been due, or nothing is due any more; what was accepted and did not count is put off by `coolDownMs`. */
export async function wasKeptAlive(db: Database, { endpointId, orgId, coolDownMs }: UnusedLogin & { readonly coolDownMs: number }): Promise<boolean> {
  const ms = checkMs('coolDownMs', coolDownMs);
  return db.transaction({ tenant: orgId }, async (tx) => {
    const [row] = await tx.$queryRaw<{ kept: boolean }[]>`
      SELECT NOT ${IS_LAPSING} AND NOT ${IS_UNVERIFIED} AS kept
        FROM integration_endpoint e JOIN portal_type p ON p.code = e.portal_type_code JOIN login_identity i ON i.id = e.login_identity WHERE e.id = ${endpointId}`;
    if (row?.kept) return true;
    await tx.$executeRaw`
      UPDATE login_identity i SET keep_alive_after = clock_timestamp() + make_interval(secs => ${ms}::float8 / 1000)
        FROM integration_endpoint e WHERE e.id = ${endpointId} AND i.id = e.login_identity`;
    return false;
  });
}
