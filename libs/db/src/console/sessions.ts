import { createHash, randomBytes } from 'node:crypto';
import type { Database, Transaction } from '../database.ts';
import { Prisma } from '../generated/client.ts';
import { checkMs, checkUuid, jsonText } from '../input.ts';

/** Which roles a person has, by organization; `*`: in every one. */
export type ConsoleRoles = Readonly<Record<string, readonly string[]>>;

export interface ConsoleSession {
  /** As audit events name them: `person:oidc:ISSUER#SUBJECT`. */
  readonly person: string;
  /** For the page's corner. */
  readonly name: string;
  readonly roles: ConsoleRoles;
  readonly endsAt: Date;
  /** How others name it: it opens nothing. */
  readonly handle: string;
}

/** Whether its person is there now. A page that asks again by itself is no sign of that, and keeps no session going. */
export type SessionUse = 'by its person' | 'by itself';

interface NewSession {
  readonly person: string;
  readonly name: string;
  readonly roles: ConsoleRoles;
  /** The browser's own words for itself; the session is nobody's else. */
  readonly agent: string;
  readonly lifeMs: number;
}

const ID_BYTES = 32;
/** So that one person cannot fill the table; the oldest go. */
const MOST_OF_ONE = 10;

const hash = (text: string): Buffer<ArrayBuffer> => Buffer.from(createHash('sha256').update(text).digest());

/** Ends sessions; when their people were seen last stays known. Returns how many there were. */
export async function removeSessions(tx: Transaction, which: Prisma.Sql): Promise<number> {
  const gone = await tx.$queryRaw<{ person: string }[]>`
    WITH gone AS (DELETE FROM console_session WHERE ${which} RETURNING person, seen_at),
         seen AS (UPDATE console_person p SET seen_at = greatest(p.seen_at, g.seen_at) FROM (SELECT person, max(seen_at) AS seen_at FROM gone GROUP BY 1) g WHERE p.person = g.person)
    SELECT person FROM gone`;
  return gone.length;
}

/**
 * Opens a session under a new id, which is returned once and kept nowhere: the row has its hash. Of the person's others, in whatever browser, each ends that has a role which
 * they have lost since: it was read off their groups when it was opened. For `rcm_console`.
 */
export async function openSession(db: Database, { person, name, roles, agent, lifeMs }: NewSession): Promise<string> {
  const id = randomBytes(ID_BYTES).toString('base64url');
  const life = checkMs('lifeMs', lifeMs, 1);
  await db.transaction('no tenant', async (tx) => {
    await removeSessions(tx, Prisma.sql`ends_at < clock_timestamp() OR (person = ${person} AND NOT roles <@ ${jsonText('roles', roles)}::jsonb)`);
    await removeSessions(
      tx,
      Prisma.sql`id_hash IN (SELECT s.id_hash FROM console_session s WHERE s.person = ${person} ORDER BY s.begun_at DESC OFFSET ${MOST_OF_ONE - 1})`,
    );
    await tx.$executeRaw`
      INSERT INTO console_person (person, name, roles) VALUES (${person}, ${name}, ${jsonText('roles', roles)}::jsonb)
      ON CONFLICT (person) DO UPDATE SET name = excluded.name, roles = excluded.roles, seen_at = clock_timestamp()`;
    await tx.$executeRaw`
      INSERT INTO console_session (id_hash, person, name, roles, agent_hash, ends_at)
      VALUES (${hash(id)}, ${person}, ${name}, ${jsonText('roles', roles)}::jsonb, ${hash(agent)}, clock_timestamp() + make_interval(secs => ${life}::float8 / 1000))`;
  });
  return id;
}

const lasts = (idleMs: number): Prisma.Sql =>
  Prisma.sql`ends_at > clock_timestamp() AND seen_at > clock_timestamp() - make_interval(secs => ${checkMs('idleMs', idleMs, 1)}::float8 / 1000)`;

/**
 * Whose it is, where it has not ended, was used within `idleMs`, and by the same browser; it is used now, unless its page asks `by itself`. `null`: nobody is signed in
 * by it.
 */
export async function findSession(
  db: Database,
  { id, agent, idleMs, use = 'by its person' }: { readonly id: string; readonly agent: string; readonly idleMs: number; readonly use?: SessionUse },
): Promise<ConsoleSession | null> {
  const isIt = Prisma.sql`id_hash = ${hash(id)} AND agent_hash = ${hash(agent)} AND ${lasts(idleMs)}`;
  const shown = Prisma.sql`person, name, roles, ends_at AS "endsAt", handle::text`;
  const [session] = await db.transaction(
    'no tenant',
    (tx) =>
      tx.$queryRaw<ConsoleSession[]>`${
        use === 'by itself'
          ? Prisma.sql`SELECT ${shown} FROM console_session WHERE ${isIt}`
          : Prisma.sql`UPDATE console_session SET seen_at = clock_timestamp() WHERE ${isIt} RETURNING ${shown}`
      }`,
  );
  return session ?? null;
}

/** Of these sessions those that still last, by handle, with what their people are. None is used by it. Fails with `input_invalid`. */
export async function lastingSessions(
  db: Database,
  { handles, idleMs }: { readonly handles: readonly string[]; readonly idleMs: number },
): Promise<ReadonlyMap<string, ConsoleRoles>> {
  const asked = handles.map((handle) => checkUuid('handle', handle));
  const rows = await db.transaction(
    'no tenant',
    (tx) => tx.$queryRaw<{ handle: string; roles: ConsoleRoles }[]>`
      SELECT handle::text, roles FROM console_session WHERE handle = ANY (${asked}::uuid[]) AND ${lasts(idleMs)}`,
  );
  return new Map(rows.map(({ handle, roles }) => [handle, roles]));
}

/** Ends it for good. */
export async function endSession(db: Database, id: string): Promise<void> {
  await db.transaction('no tenant', (tx) => removeSessions(tx, Prisma.sql`id_hash = ${hash(id)}`));
}

/** Of somebody who has come and has no role any more: all of their sessions end, and whoever reviews people sees that they have none. For `rcm_console`. */
export const loseRoles = (db: Database, person: string): Promise<void> =>
  db.transaction('no tenant', async (tx) => {
    await removeSessions(tx, Prisma.sql`person = ${person}`);
    await tx.$executeRaw`UPDATE console_person SET roles = '{}', seen_at = clock_timestamp() WHERE person = ${person}`;
  });

/** Ends all of a person's sessions, in every browser; returns how many there were. */
export const endSessionsOf = (db: Database, person: string): Promise<number> =>
  db.transaction('no tenant', (tx) => removeSessions(tx, Prisma.sql`person = ${person}`));
