import { byIndexSorted } from '../by-index.ts';
import type { Database } from '../database.ts';
import { Prisma } from '../generated/client.ts';
import { checkId } from '../input.ts';

/** What pages show that changes by itself. */
export const MARKED = ['rotation', 'refusal', 'login', 'task', 'pause', 'gate', 'act', 'notice'] as const;
export type Marked = (typeof MARKED)[number];

/** How one thing is at the moment of a reading. It holds no word of anybody: what it names is looked at by the page. */
export interface Mark {
  readonly what: Marked;
  /** `null`: of no tenant. */
  readonly orgId: string | null;
  readonly endpointId: string | null;
  /** Another one whenever what pages show of it is another. */
  readonly mark: string;
  /** It stands in each reading until it is over, so that its going is a change, too. `false`: it has happened, and leaves the readings with time. */
  readonly stands: boolean;
}

export interface MarksAsked {
  readonly what: ReadonlySet<Marked>;
  /** Whose; to each of them what is of no tenant is given, too. */
  readonly organizations: readonly string[];
  /** Besides: everybody's, and what is of no tenant once under no organization. */
  readonly beyond: 'nothing' | 'every tenant';
  /** Whose single logins are looked at, for `login`. */
  readonly endpoints: readonly string[];
}

export interface Marks {
  readonly marks: readonly Mark[];
  /** Of what stands there was more than was read: what is missing among these need not be over. */
  readonly cut: ReadonlySet<Marked>;
}

/** Of one kind, in one reading. */
export const MOST_MARKS = 2_000;
/** For how long what has happened is in the readings: longer than a transaction that wrote it and was late with its end. */
const HAPPENED = Prisma.sql`now() - interval '60 seconds'`;
/** A notification is carried for a while after it was written. */
const CARRIED = Prisma.sql`now() - interval '15 minutes'`;

/**
 * What one reading finds. Two readings that differ in a mark say that something changed there; nothing is written for it where things change, so what changes them is no
 * slower for being watched. Read by ranges of indexes that are small by what they are: what is open, runs, is refused, waits, or happened within the last minute. For
 * `rcm_console`. Fails with `input_invalid`.
 */
export async function readMarks(db: Database, { what, organizations, beyond, endpoints }: MarksAsked): Promise<Marks> {
  const whose = { organizations: organizations.map((id) => checkId('orgId', id)), beyond };
  const logins = endpoints.map((id) => checkId('endpointId', id));
  const parts = MARKED.filter((each) => what.has(each) && (each !== 'login' || logins.length > 0)).flatMap((each) => partsOf(each, whose, logins));
  if (parts.length === 0) return { marks: [], cut: new Set() };
  const found = await byIndexSorted(
    db,
    'every tenant',
    (tx) => tx.$queryRaw<(Mark & { readonly part: number })[]>`
      ${Prisma.join(
        parts.map(
          (part, number) => Prisma.sql`(
            SELECT m.what, m."orgId", m."endpointId", m.mark, m.stands, ${number}::int AS part FROM (${part} LIMIT ${MOST_MARKS + 1}) m)`,
        ),
        ' UNION ALL ',
      )}`,
  );
  const counted = new Map<number, number>();
  const cut = new Set<Marked>();
  for (const { what: of, part, stands: holds } of found) {
    counted.set(part, (counted.get(part) ?? 0) + 1);
    if (holds && (counted.get(part) ?? 0) > MOST_MARKS) cut.add(of);
  }
  return { marks: found.map(({ part: _part, ...mark }) => mark), cut };
}

/** What is another thing in the later reading: what is new there, and of what stood what is gone. */
export function changedBetween(before: Marks, after: Marks): readonly Mark[] {
  const keyOf = ({ what, orgId, endpointId, mark }: Mark): string => [what, orgId, endpointId, mark].join(' ');
  const [known, found] = [new Set(before.marks.map(keyOf)), new Set(after.marks.map(keyOf))];
  const isUnsure = (what: Marked): boolean => before.cut.has(what) || after.cut.has(what);
  return [
    ...after.marks.filter((mark) => !known.has(keyOf(mark))),
    ...before.marks.filter((mark) => mark.stands && !isUnsure(mark.what) && !found.has(keyOf(mark))),
  ];
}

type Whose = Pick<MarksAsked, 'organizations' | 'beyond'>;

interface Rows {
  readonly table: Prisma.Sql;
  readonly columns: Prisma.Sql;
  readonly where: Prisma.Sql;
}

/** Everybody's rows of a table, in whatever order an index has them; or those of the organizations alone, each looked up by itself, however many others have. */
const rowsOf = ({ organizations, beyond }: Whose, { table, columns, where }: Rows): Prisma.Sql =>
  beyond === 'every tenant'
    ? Prisma.sql`(SELECT ${columns} FROM ${table} WHERE ${where})`
    : Prisma.sql`(SELECT r.* FROM unnest(${[...organizations]}::text[]) o (id) CROSS JOIN LATERAL (SELECT ${columns} FROM ${table} WHERE org_id = o.id AND ${where} OFFSET 0) r)`;

/** As the index of refusals says it. */
const IS_REFUSED = Prisma.sql`(effect IN ('suspect', 'bad') OR outcome = 'locked')`;
const [ATTEMPTS, LOGINS, TASKS] = [Prisma.sql`rotation_attempt`, Prisma.sql`login_attempt`, Prisma.sql`portal_task`];

const OPEN_ATTEMPTS: Rows = {
  table: ATTEMPTS,
  columns: Prisma.sql`id, org_id, endpoint_id, state, created_at, updated_at, waiting_until`,
  where: Prisma.sql`ended_at IS NULL`,
};
const REFUSALS: Rows = { table: LOGINS, columns: Prisma.sql`org_id, endpoint_id, login_identity, started_at`, where: IS_REFUSED };
/** Which is the same by a constraint: the index that begins with an organization has the one, that of all of them by time the other, and the planner takes whichever it may. */
const runningTasks = ({ beyond }: Whose): Rows => ({
  table: TASKS,
  columns: Prisma.sql`id, org_id, endpoint_id, started_at, claimed_until`,
  where: beyond === 'every tenant' ? Prisma.sql`state = 'running'` : Prisma.sql`claimed_until IS NOT NULL`,
});
/** Of the state `s`. */
const NEW_TASKS: Rows = {
  table: TASKS,
  columns: Prisma.sql`id, org_id, endpoint_id, created_at`,
  where: Prisma.sql`portal_task.state = s.state AND created_at > ${HAPPENED}`,
};
const ENDED_TASKS: Rows = { table: TASKS, columns: Prisma.sql`id, org_id, endpoint_id, finished_at`, where: Prisma.sql`finished_at > ${HAPPENED}` };
const NEW_NOTIFICATIONS: Rows = {
  table: Prisma.sql`notice`,
  columns: Prisma.sql`id, org_id, endpoint_id, created_at`,
  where: Prisma.sql`created_at > ${CARRIED}`,
};

const isOf = (column: Prisma.Sql, { organizations, beyond }: Whose): Prisma.Sql =>
  beyond === 'every tenant' ? Prisma.sql`true` : Prisma.sql`${column} = ANY (${[...organizations]}::text[])`;

/** Who is told of what is of no tenant. */
const toEach = ({ organizations, beyond }: Whose): Prisma.Sql =>
  Prisma.sql`unnest(${[...organizations, ...(beyond === 'every tenant' ? [null] : [])]}::text[]) w (org_id)`;

const stands = (what: Marked): Prisma.Sql => Prisma.sql`${what}::text AS what, true AS stands`;
const happened = (what: Marked): Prisma.Sql => Prisma.sql`${what}::text AS what, false AS stands`;

function partsOf(what: Marked, whose: Whose, logins: readonly string[]): readonly Prisma.Sql[] {
  switch (what) {
    case 'rotation':
      return [
        Prisma.sql`SELECT ${stands(what)}, a.org_id AS "orgId", a.endpoint_id AS "endpointId", concat_ws(' ', a.id, a.state, a.updated_at, a.waiting_until) AS mark
                     FROM ${rowsOf(whose, OPEN_ATTEMPTS)} a ORDER BY a.created_at DESC`,
      ];
    case 'refusal':
      // By what the organization's own logins met: that another's uses the same account is none of its business.
      return [
        whose.beyond === 'every tenant'
          ? Prisma.sql`SELECT ${stands(what)}, r.org_id AS "orgId", r.endpoint_id AS "endpointId", concat_ws(' ', i.id, r.at) AS mark FROM login_identity i CROSS JOIN LATERAL (
                         SELECT a.org_id, a.endpoint_id, max(a.started_at) AS at FROM login_attempt a
                          WHERE a.login_identity = i.id AND a.started_at >= i.refused_since AND ${IS_REFUSED} GROUP BY 1, 2) r
                        WHERE i.refused_since IS NOT NULL ORDER BY i.refused_since DESC, i.id DESC`
          : Prisma.sql`SELECT ${stands(what)}, a.org_id AS "orgId", a.endpoint_id AS "endpointId", concat_ws(' ', i.id, max(a.started_at)) AS mark
                         FROM ${rowsOf(whose, REFUSALS)} a JOIN login_identity i ON i.id = a.login_identity WHERE a.started_at >= i.refused_since
                        GROUP BY a.org_id, a.endpoint_id, i.id, i.refused_since ORDER BY i.refused_since DESC, i.id DESC`,
      ];
    case 'login':
      return [
        Prisma.sql`SELECT ${stands(what)}, e.org_id AS "orgId", e.id AS "endpointId", concat_ws(' ', e.current_version, e.rotation_status, e.next_rotation_at, a.id, a.finished_at) AS mark
                     FROM integration_endpoint e LEFT JOIN LATERAL (
                       SELECT a.id, a.finished_at FROM login_attempt a WHERE a.login_identity = e.login_identity AND a.org_id = e.org_id ORDER BY a.started_at DESC LIMIT 1) a ON true
                    WHERE e.id = ANY (${[...logins]}::text[]) AND ${isOf(Prisma.sql`e.org_id`, whose)}`,
      ];
    case 'task':
      return [
        Prisma.sql`SELECT ${stands(what)}, t.org_id AS "orgId", t.endpoint_id AS "endpointId", concat_ws(' ', t.id, t.started_at) AS mark
                     FROM ${rowsOf(whose, runningTasks(whose))} t ORDER BY t.claimed_until DESC`,
        Prisma.sql`SELECT ${happened(what)}, t.org_id AS "orgId", t.endpoint_id AS "endpointId", t.id::text AS mark FROM unnest(ARRAY['queued', 'running', 'failed', 'succeeded']) s (state) CROSS JOIN LATERAL (
                     SELECT t.* FROM ${rowsOf(whose, NEW_TASKS)} t ORDER BY t.created_at DESC, t.id DESC LIMIT ${MOST_MARKS}) t`,
        Prisma.sql`SELECT ${happened(what)}, t.org_id AS "orgId", t.endpoint_id AS "endpointId", concat_ws(' ', t.id, 'ended') AS mark
                     FROM ${rowsOf(whose, ENDED_TASKS)} t ORDER BY t.finished_at DESC`,
      ];
    case 'pause':
      return [
        Prisma.sql`SELECT ${stands(what)}, p.org_id AS "orgId", p.endpoint_id AS "endpointId", p.id::text AS mark
                     FROM rotation_pause p WHERE p.org_id IS NOT NULL AND ${isOf(Prisma.sql`p.org_id`, whose)} ORDER BY p.id DESC`,
        Prisma.sql`SELECT ${stands(what)}, w.org_id AS "orgId", NULL::text AS "endpointId", p.id::text AS mark
                     FROM (SELECT p.id FROM rotation_pause p WHERE p.org_id IS NULL ORDER BY p.id DESC LIMIT 1000) p CROSS JOIN ${toEach(whose)} ORDER BY p.id DESC`,
      ];
    case 'gate':
      // To whom the portal's breaker is shown: whoever has a login there.
      return [
        Prisma.sql`SELECT ${happened(what)}, w.org_id AS "orgId", NULL::text AS "endpointId", concat_ws(' ', g.portal_type_code, g.opened_at, g.probed_at, g.closed_at) AS mark
                     FROM (SELECT g.* FROM portal_gate g WHERE greatest(g.opened_at, g.probed_at, g.closed_at) > ${HAPPENED}) g CROSS JOIN ${toEach(whose)}
                    WHERE w.org_id IS NULL OR EXISTS (SELECT FROM integration_endpoint e WHERE e.org_id = w.org_id AND e.portal_type_code = g.portal_type_code)`,
      ];
    case 'act':
      return [
        Prisma.sql`SELECT ${stands(what)}, r.org_id AS "orgId", r.endpoint_id AS "endpointId", concat_ws(' ', r.id, r.decided_at, r.taken_at, t.offered_at, t.typed_at) AS mark
                     FROM login_request r LEFT JOIN login_typing t ON t.request_id = r.id WHERE r.ended_at IS NULL AND r.org_id IS NOT NULL AND ${isOf(Prisma.sql`r.org_id`, whose)} ORDER BY r.asked_at DESC`,
      ];
    case 'notice':
      return [
        Prisma.sql`SELECT ${happened(what)}, n.org_id AS "orgId", n.endpoint_id AS "endpointId", concat_ws(' ', n.id, d.channel, d.tries, d.delivered_at, d.given_up_at) AS mark
                     FROM ${rowsOf(whose, NEW_NOTIFICATIONS)} n LEFT JOIN notice_delivery d ON d.notice_id = n.id ORDER BY n.created_at DESC, n.id DESC`,
      ];
  }
}
