import { byIndexSorted, onlyByIndex } from '../by-index.ts';
import type { Database, Transaction } from '../database.ts';
import { Prisma } from '../generated/client.ts';
import { lastRestore, type Restore } from '../restore/restore.ts';
import type { Scope } from '../scope.ts';
import { IS_LATE } from './late.ts';

/** What a person asks first: how many there are, and of what is wrong how much; of each COUNTED_AT_MOST at most. */
export interface FleetOverview {
  readonly organizations: number;
  readonly logins: number;
  /** There are many, and `logins` is about how many. */
  readonly loginsEstimated: boolean;
  readonly failing: number;
  readonly locked: number;
  readonly blocked: number;
  readonly shared: number;
  readonly neverUsed: number;
  /** Not in the store yet. */
  readonly legacy: number;
  readonly dueIn7Days: number;
  /** Due for more than a day, however often it was put off or tried in vain since. */
  readonly overdue: number;
  readonly rotationsOpen: number;
  readonly leases: number;
  readonly tasksWaiting: number;
  readonly oldestTaskSince: Date | null;
  readonly pauses: number;
  readonly portalsStopped: readonly string[];
  /** What was last said, or noticed, of the database being restored. */
  readonly restore: Restore | null;
}

/** So many of each are counted: more say nothing new, and a million would be read through for a number. Shown as "1,000 or more". */
export const COUNTED_AT_MOST = 1_000;

/** Of rows that an index gives, how many there are, up to that many. */
const some = (rows: Prisma.Sql): Prisma.Sql => Prisma.sql`(SELECT count(*)::int FROM (${rows} LIMIT ${COUNTED_AT_MOST}) s)`;

/** Of one organization, said in each statement: the policies alone let no index be used. */
const isOf = (scope: Scope, table: string): Prisma.Sql =>
  typeof scope === 'object' ? Prisma.sql`${Prisma.raw(table)}.org_id = ${scope.tenant}` : Prisma.sql`true`;

/** Logins of which something is wrong: of all organizations by what is wrong, of one by its logins. For `i` (identity) and `e` (endpoint). */
const logins = (scope: Scope, wrong: Prisma.Sql): Prisma.Sql =>
  typeof scope === 'object'
    ? Prisma.sql`SELECT i.id FROM integration_endpoint e JOIN login_identity i ON i.id = e.login_identity WHERE ${isOf(scope, 'e')} AND ${wrong}`
    : Prisma.sql`SELECT i.id FROM login_identity i JOIN integration_endpoint e ON e.login_identity = i.id WHERE ${wrong}`;

/** Of one organization all are counted; of all of them only as many as are soon counted, and the rest is Postgres's own estimate. */
async function countLogins(tx: Transaction, scope: Scope): Promise<Pick<FleetOverview, 'logins' | 'loginsEstimated'>> {
  const [row] = await tx.$queryRaw<{ logins: number; estimate: number }[]>`
    SELECT ${typeof scope === 'object' ? Prisma.sql`(SELECT count(*)::int FROM integration_endpoint e WHERE e.retired_at IS NULL AND ${isOf(scope, 'e')})` : some(Prisma.sql`SELECT FROM integration_endpoint e WHERE e.retired_at IS NULL`)} AS logins,
           (SELECT c.reltuples::float8 FROM pg_class c WHERE c.oid = 'integration_endpoint'::regclass) AS estimate`;
  if (!row || typeof scope === 'object' || row.logins < COUNTED_AT_MOST) return { logins: row?.logins ?? 0, loginsEstimated: false };
  return { logins: Math.max(row.logins, row.estimate), loginsEstimated: true };
}

/** Counts by index, as far as COUNTED_AT_MOST. For `rcm_operator`, `rcm_console`. */
export async function fleetOverview(db: Database, scope: Scope = 'every tenant'): Promise<FleetOverview> {
  return byIndexSorted(db, scope, async (tx) => {
    const endpoints = (condition: Prisma.Sql): Prisma.Sql => some(Prisma.sql`SELECT FROM integration_endpoint e WHERE ${isOf(scope, 'e')} AND ${condition}`);
    const [counts] = await tx.$queryRaw<Omit<FleetOverview, 'oldestTaskSince' | 'portalsStopped' | 'restore' | 'logins' | 'loginsEstimated'>[]>`
      WITH refused AS MATERIALIZED (${logins(scope, Prisma.sql`i.refused_since IS NOT NULL`)} LIMIT ${COUNTED_AT_MOST})
      SELECT ${some(Prisma.sql`SELECT FROM organization`)} AS organizations,
             (SELECT count(*)::int FROM refused) AS failing,
             (SELECT count(*)::int FROM refused r WHERE rcm_locked_until(r.id) > clock_timestamp()) AS locked,
             ${some(Prisma.sql`
               SELECT FROM rotation_attempt a JOIN integration_endpoint e ON e.login_identity = a.login_identity WHERE a.ended_at IS NULL AND a.state = 'blocked' AND ${isOf(scope, 'e')}`)} AS blocked,
             ${some(logins(scope, Prisma.sql`i.shared`))} AS shared,
             ${some(Prisma.sql`SELECT DISTINCT w.id FROM (${logins(scope, Prisma.sql`i.first_accepted_at IS NULL`)} LIMIT ${COUNTED_AT_MOST}) w`)} AS "neverUsed",
             ${endpoints(Prisma.sql`e.has_legacy_credentials`)} AS legacy,
             ${endpoints(Prisma.sql`e.secret_arn IS NOT NULL AND e.next_rotation_at <= now() + interval '7 days'`)} AS "dueIn7Days",
             ${some(Prisma.sql`SELECT FROM integration_endpoint e JOIN portal_type p ON p.code = e.portal_type_code WHERE ${isOf(scope, 'e')} AND ${IS_LATE}`)} AS overdue,
             ${some(Prisma.sql`SELECT FROM rotation_attempt a WHERE a.ended_at IS NULL AND ${isOf(scope, 'a')}`)} AS "rotationsOpen",
             ${some(Prisma.sql`SELECT FROM login_lease l WHERE l.expires_at > now() AND ${isOf(scope, 'l')}`)} AS leases,
             ${some(Prisma.sql`SELECT FROM portal_task t WHERE t.state = 'queued' AND ${isOf(scope, 't')}`)} AS "tasksWaiting",
             (SELECT count(*)::int FROM rotation_pause) AS pauses`;
    const stopped = await tx.$queryRaw<{ code: string }[]>`
      SELECT g.portal_type_code AS code FROM portal_gate g WHERE g.opened_at IS NOT NULL AND g.closed_at IS NULL ORDER BY 1`;
    if (!counts) throw new Error('a statement without a row');
    const held = await countLogins(tx, scope);
    // The first by its index: of ten thousand that wait, all would be read and sorted.
    await onlyByIndex(tx);
    const [oldest] = await tx.$queryRaw<{ since: Date }[]>`
      SELECT t.created_at AS since FROM portal_task t WHERE t.state = 'queued' AND ${isOf(scope, 't')} ORDER BY t.created_at LIMIT 1`;
    return { ...counts, ...held, oldestTaskSince: oldest?.since ?? null, portalsStopped: stopped.map(({ code }) => code), restore: await lastRestore(tx) };
  });
}
