import { writeAuditEvent, writeAuditEventForAll } from '../audit/record.ts';
import { checkReason } from '../asked-acts/ask.ts';
import type { Database } from '../database.ts';
import { Prisma } from '../generated/client.ts';
import { checkId, checkLimit, checkMs, checkUuid } from '../input.ts';
import { type ConsoleRoles, removeSessions } from './sessions.ts';

/** A session that somebody may still use. */
export interface OpenSession {
  /** How it is named; it opens nothing. */
  readonly handle: string;
  readonly roles: ConsoleRoles;
  readonly begunAt: Date;
  readonly seenAt: Date;
  readonly endsAt: Date;
}

export interface ConsolePerson {
  readonly person: string;
  readonly name: string;
  /** At their last sign-in; of one organization, what they are there and everywhere (`*`), and of no other. */
  readonly roles: ConsoleRoles;
  readonly firstSignedIn: Date;
  readonly seenAt: Date;
  readonly sessions: readonly OpenSession[];
}

const EVERYWHERE = '*';

/**
 * One page of the people who have, or had at their last sign-in, a role in an organization or in all of them (`orgId: null`: anywhere), by name of their sign-in, with
 * their open sessions. For `rcm_console`. Fails with `input_invalid`.
 */
export async function listConsolePeople(
  db: Database,
  { orgId, idleMs, after = '', limit }: { readonly orgId: string | null; readonly idleMs: number; readonly after?: string; readonly limit: number },
): Promise<{ readonly people: readonly ConsolePerson[]; readonly next: string | null }> {
  const places = orgId === null ? null : [checkId('orgId', orgId), EVERYWHERE];
  const [most, idle] = [checkLimit(limit), checkMs('idleMs', idleMs, 1)];
  const isOpen = Prisma.sql`s.ends_at > clock_timestamp() AND s.seen_at > clock_timestamp() - make_interval(secs => ${idle}::float8 / 1000)`;
  const isThere = (roles: Prisma.Sql): Prisma.Sql => (places === null ? Prisma.sql`true` : Prisma.sql`${roles} ?| ${places}::text[]`);
  return db.transaction('no tenant', async (tx) => {
    const rows = await tx.$queryRaw<Omit<ConsolePerson, 'sessions'>[]>`
      SELECT p.person, p.name, p.roles, p.first_signed_in AS "firstSignedIn",
             greatest(p.seen_at, (SELECT max(s.seen_at) FROM console_session s WHERE s.person = p.person)) AS "seenAt"
        FROM console_person p
       WHERE p.person > ${after}
         AND p.person IN (SELECT q.person FROM console_person q WHERE ${isThere(Prisma.sql`q.roles`)}
                           UNION SELECT s.person FROM console_session s WHERE ${isThere(Prisma.sql`s.roles`)} AND ${isOpen})
       ORDER BY p.person LIMIT ${most + 1}`;
    const page = rows.slice(0, most);
    const sessions = await tx.$queryRaw<(OpenSession & { readonly person: string })[]>`
      SELECT s.person, s.handle::text, s.roles, s.begun_at AS "begunAt", s.seen_at AS "seenAt", s.ends_at AS "endsAt" FROM console_session s
       WHERE s.person = ANY (${page.map(({ person }) => person)}::text[]) AND ${isThere(Prisma.sql`s.roles`)} AND ${isOpen} ORDER BY s.begun_at DESC`;
    const own = (roles: ConsoleRoles): ConsoleRoles =>
      places === null ? roles : Object.fromEntries(places.flatMap((place) => (Object.hasOwn(roles, place) ? [[place, roles[place] ?? []]] : [])));
    const people = page.map((each) => ({
      ...each,
      roles: own(each.roles),
      sessions: sessions.filter(({ person }) => person === each.person).map(({ person: _person, ...session }) => ({ ...session, roles: own(session.roles) })),
    }));
    return { people, next: rows.length > most ? (page.at(-1)?.person ?? null) : null };
  });
}

interface Revocation {
  readonly handle: string;
  /** Who acts is an approver there; `null`: in every organization. */
  readonly orgId: string | null;
  readonly actor: string;
  readonly reason: string;
}

/**
 * Ends a session that has a role in that organization, or in all of them, in every place where it has one; with its audit event, in the organization's chain or in each.
 * Returns whose it was; `null`: there is none. Fails with `input_invalid` without a reason. For `rcm_console`.
 */
export async function revokeSession(db: Database, { handle, orgId, actor, ...act }: Revocation): Promise<string | null> {
  checkUuid('handle', handle);
  const reason = checkReason(act.reason);
  return db.transaction(orgId === null ? 'every tenant' : { tenant: checkId('orgId', orgId) }, async (tx) => {
    const there = orgId === null ? Prisma.sql`true` : Prisma.sql`roles ?| ${[orgId, EVERYWHERE]}::text[]`;
    const [session] = await tx.$queryRaw<{ person: string }[]>`SELECT person FROM console_session WHERE handle = ${handle}::uuid AND ${there} FOR UPDATE`;
    if (!session) return null;
    const event = { actor, action: 'session.revoked', subject: session.person, reason, details: { handle } };
    if (orgId === null) await writeAuditEventForAll(tx, null, event);
    else await writeAuditEvent(tx, { ...event, orgId });
    await removeSessions(tx, Prisma.sql`handle = ${handle}::uuid`);
    return session.person;
  });
}
