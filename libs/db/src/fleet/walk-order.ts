import { Prisma } from '../generated/client.ts';
import type { LoginFilter, WalkPlace } from './walk.ts';

/** An order that a person wishes for. Of the last two, only logins that have such a date are there: the soonest rotation first, the oldest password first. */
export const LOGIN_ORDERS = ['name', 'next_rotation', 'oldest_password'] as const;
export type LoginOrder = (typeof LOGIN_ORDERS)[number];

export interface WalkAsked {
  readonly filter: Pick<LoginFilter, 'orgId' | 'portalTypeCode'>;
  readonly after: WalkPlace | null;
  readonly limit: number;
}

/** As `walk`, for what is asked of an organization or a portal type alone. Of one organization all of its logins are read: no index has them in such an order. */
export function walkInOrder(order: Exclude<LoginOrder, 'name'>, { filter: { orgId, portalTypeCode }, after, limit }: WalkAsked): Prisma.Sql {
  const column = Prisma.raw(order === 'next_rotation' ? 'e.next_rotation_at' : 'e.last_rotated_at');
  const ofPortal = portalTypeCode === undefined ? Prisma.sql`true` : Prisma.sql`e.portal_type_code = ${portalTypeCode}`;
  const dated = Prisma.sql`e.secret_arn IS NOT NULL AND ${column} IS NOT NULL AND ${ofPortal}`;
  const behind = (key: Prisma.Sql, id: Prisma.Sql): Prisma.Sql =>
    after === null ? Prisma.sql`true` : Prisma.sql`(${key}, ${id}) > (${after.key}::timestamptz, ${after.id})`;
  const page = (of: Prisma.Sql): Prisma.Sql =>
    Prisma.sql`WHERE ${of} AND ${dated} AND ${behind(column, Prisma.sql`e.id`)} ORDER BY ${column}, e.id LIMIT ${limit}`;
  if (orgId !== undefined)
    return Prisma.sql`
      WITH mine AS MATERIALIZED (SELECT ${column} AS key, e.id FROM integration_endpoint e WHERE e.org_id = ${orgId} AND ${dated})
      SELECT m.key, m.id FROM mine m WHERE ${behind(Prisma.sql`m.key`, Prisma.sql`m.id`)} ORDER BY m.key, m.id LIMIT ${limit}`;
  if (order === 'next_rotation') return Prisma.sql`SELECT ${column} AS key, e.id FROM integration_endpoint e ${page(Prisma.sql`true`)}`;
  // Portal types are few: the first of each, by the index, then the first of all.
  return Prisma.sql`
    SELECT o.key, o.id FROM portal_type p CROSS JOIN LATERAL (
      SELECT ${column} AS key, e.id FROM integration_endpoint e ${page(Prisma.sql`e.portal_type_code = p.code`)}) o
     ORDER BY o.key, o.id LIMIT ${limit}`;
}
