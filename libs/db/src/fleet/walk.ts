import { Prisma } from '../generated/client.ts';
import { timestamp } from '../input.ts';
import { IS_LATE } from './late.ts';

/** Which logins are asked for, of those that are not retired; all of it must hold. Times are moments, by the asker's clock. */
export interface LoginFilter {
  readonly orgId?: string | undefined;
  readonly portalTypeCode?: string | undefined;
  /** The portal refuses them, and no login has proved the password since. */
  readonly failing?: boolean | undefined;
  /** The portal said that the account is locked, and it still is. */
  readonly locked?: boolean | undefined;
  /** A rotation of theirs waits for a person. */
  readonly blocked?: boolean | undefined;
  /** No login was ever accepted. */
  readonly neverUsed?: boolean | undefined;
  readonly shared?: boolean | undefined;
  /** To be rotated until then. */
  readonly dueBefore?: Date | undefined;
  /** Their rotation has been due for more than a day, however often it was put off since. */
  readonly late?: boolean | undefined;
  /** The portal lets their password expire until then. */
  readonly expiresBefore?: Date | undefined;
}

/** Behind the last login of a page. `key`: what the walk orders by, as Postgres wrote it; `null` where that is the id alone. */
export interface WalkPlace {
  readonly key: string | null;
  readonly id: string;
}

type Wanted = Exclude<keyof LoginFilter, 'orgId' | 'portalTypeCode'>;

/** The fewest first: whichever is asked for leads the walk, and the others are asked of each login that it meets. */
const LEADERS = ['blocked', 'locked', 'failing', 'shared', 'expiresBefore', 'neverUsed', 'dueBefore', 'late'] as const satisfies readonly Wanted[];

/** What leads the walk; `undefined`: nothing is asked of a login but where it is. */
export const leaderOf = (filter: LoginFilter): Wanted | undefined => LEADERS.find((wanted) => isAsked(filter, wanted));

const isAsked = (filter: LoginFilter, wanted: Wanted): boolean => filter[wanted] !== undefined && filter[wanted] !== false;

/**
 * A statement that gives `key` and `id` of the logins in an order that an index has, from `after` on, `limit` at most. A page costs what it shows, and not what
 * the platform holds.
 */
export function walk(filter: LoginFilter, after: WalkPlace | null, limit: number): Prisma.Sql {
  const leader = leaderOf(filter);
  const page: Page = { rest: restOf(filter, leader), after, limit };
  switch (leader) {
    case undefined:
      return byId(page);
    case 'dueBefore':
      return due(instant(filter.dueBefore), page);
    case 'late':
      // None is whose date lies further off.
      return due(Prisma.sql`now() + interval '1 day'`, { ...page, rest: Prisma.sql`${page.rest} AND ${holds('late', filter)}` });
    case 'expiresBefore':
      return expiring(filter.expiresBefore, page);
    default:
      return byIdentity(LEADING_ROWS[leader], page);
  }
}

interface Page {
  /** What must hold of an endpoint `e` besides what leads. */
  readonly rest: Prisma.Sql;
  readonly after: WalkPlace | null;
  readonly limit: number;
}

function restOf(filter: LoginFilter, leader: Wanted | undefined): Prisma.Sql {
  const others = LEADERS.filter((wanted) => wanted !== leader && isAsked(filter, wanted));
  return Prisma.join(
    [
      Prisma.sql`true`,
      ...(filter.orgId === undefined ? [] : [Prisma.sql`e.org_id = ${filter.orgId}`]),
      ...(filter.portalTypeCode === undefined ? [] : [Prisma.sql`e.portal_type_code = ${filter.portalTypeCode}`]),
      ...others.map((wanted) => holds(wanted, filter)),
    ],
    ' AND ',
  );
}

const byId = ({ rest, after, limit }: Page): Prisma.Sql => Prisma.sql`
  SELECT NULL::timestamptz AS key, e.id FROM integration_endpoint e
   WHERE e.retired_at IS NULL AND ${rest} AND e.id > ${after?.id ?? ''} ORDER BY e.id LIMIT ${limit}`;

/** Rows `w` that lead to a login: where they name it, what the walk orders them by, and which of them are meant. */
interface LeadingRows {
  readonly table: Prisma.Sql;
  readonly id: Prisma.Sql;
  readonly key: Prisma.Sql;
  readonly condition: Prisma.Sql;
}

const identities = (key: Prisma.Sql, condition: Prisma.Sql): LeadingRows => ({ table: Prisma.sql`login_identity`, id: Prisma.sql`w.id`, key, condition });

const LEADING_ROWS: Readonly<Record<Exclude<Wanted, 'dueBefore' | 'late' | 'expiresBefore'>, LeadingRows>> = {
  blocked: {
    table: Prisma.sql`rotation_attempt`,
    id: Prisma.sql`w.login_identity`,
    key: Prisma.sql`w.created_at`,
    condition: Prisma.sql`w.ended_at IS NULL AND w.state = 'blocked'`,
  },
  locked: identities(Prisma.sql`w.refused_since`, Prisma.sql`w.refused_since IS NOT NULL AND rcm_locked_until(w.id) > clock_timestamp()`),
  failing: identities(Prisma.sql`w.refused_since`, Prisma.sql`w.refused_since IS NOT NULL`),
  neverUsed: identities(Prisma.sql`w.created_at`, Prisma.sql`w.first_accepted_at IS NULL`),
  shared: identities(Prisma.sql`w.created_at`, Prisma.sql`w.shared`),
};

/** From the rows that lead to the endpoints that have their login; in the order of the key, and of one login by the endpoints' ids. */
function byIdentity({ table, id, key, condition }: LeadingRows, { rest, after, limit }: Page): Prisma.Sql {
  const from =
    after === null ? Prisma.sql`true` : Prisma.sql`${key} >= ${after.key}::timestamptz AND (${key} > ${after.key}::timestamptz OR e.id > ${after.id})`;
  return Prisma.sql`
    SELECT ${key} AS key, e.id FROM ${table} w JOIN integration_endpoint e ON e.login_identity = ${id}
     WHERE ${condition} AND ${rest} AND ${from} ORDER BY ${key}, e.id LIMIT ${limit}`;
}

function due(before: Prisma.Sql, { rest, after, limit }: Page): Prisma.Sql {
  const from = after === null ? Prisma.sql`true` : Prisma.sql`(e.next_rotation_at, e.id) > (${after.key}::timestamptz, ${after.id})`;
  return Prisma.sql`
    SELECT e.next_rotation_at AS key, e.id FROM integration_endpoint e
     WHERE e.secret_arn IS NOT NULL AND e.next_rotation_at <= ${before} AND ${rest} AND ${from}
     ORDER BY e.next_rotation_at, e.id LIMIT ${limit}`;
}

/** Portal types are few: the first of each, by the index, then the first of all. */
function expiring(before: Date | undefined, { rest, after, limit }: Page): Prisma.Sql {
  const lasts = Prisma.sql`make_interval(hours => 24 * p.password_expires_days)`;
  const from = after === null ? Prisma.sql`true` : Prisma.sql`(e.last_rotated_at, e.id) > (${after.key}::timestamptz - ${lasts}, ${after.id})`;
  return Prisma.sql`
    SELECT o.key, o.id FROM portal_type p CROSS JOIN LATERAL (
      SELECT e.last_rotated_at + ${lasts} AS key, e.id FROM integration_endpoint e
       WHERE e.portal_type_code = p.code AND e.secret_arn IS NOT NULL
         AND e.last_rotated_at <= ${instant(before)} - ${lasts} AND ${rest} AND ${from}
       ORDER BY e.last_rotated_at, e.id LIMIT ${limit}) o
     WHERE p.password_expires_days IS NOT NULL ORDER BY o.key, o.id LIMIT ${limit}`;
}

/** Whether it holds of a login `e`, for whatever does not lead. */
function holds(wanted: Wanted, filter: LoginFilter): Prisma.Sql {
  const identity = (condition: Prisma.Sql) => Prisma.sql`EXISTS (SELECT FROM login_identity x WHERE x.id = e.login_identity AND ${condition})`;
  switch (wanted) {
    case 'blocked':
      return Prisma.sql`EXISTS (SELECT FROM rotation_attempt x WHERE x.login_identity = e.login_identity AND x.ended_at IS NULL AND x.state = 'blocked')`;
    case 'locked':
      return identity(Prisma.sql`x.refused_since IS NOT NULL AND rcm_locked_until(x.id) > clock_timestamp()`);
    case 'failing':
      return identity(Prisma.sql`x.refused_since IS NOT NULL`);
    case 'neverUsed':
      return identity(Prisma.sql`x.first_accepted_at IS NULL`);
    case 'shared':
      return identity(Prisma.sql`x.shared`);
    case 'dueBefore':
      return Prisma.sql`(e.secret_arn IS NOT NULL AND e.next_rotation_at <= ${instant(filter.dueBefore)})`;
    case 'late':
      return Prisma.sql`EXISTS (SELECT FROM portal_type p WHERE p.code = e.portal_type_code AND ${IS_LATE})`;
    case 'expiresBefore':
      return Prisma.sql`EXISTS (SELECT FROM portal_type x WHERE x.code = e.portal_type_code AND e.last_rotated_at + make_interval(hours => 24 * x.password_expires_days) <= ${instant(filter.expiresBefore)})`;
  }
}

const instant = (at: Date | undefined): Prisma.Sql => Prisma.sql`${timestamp(at ?? new Date(Number.NaN))}::timestamptz`;
