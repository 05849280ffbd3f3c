import type { Database } from '../database.ts';
import type { PersonalChange } from '../endpoints/seed.ts';
import { Prisma } from '../generated/client.ts';
import { checkId, checkLimit, checkPlaceTime, checkUuid } from '../input.ts';
import type { TaskListPlace } from '../tasks/list.ts';

/** The end of a task that its receiver was not told, and that nobody tries to tell any more. */
export interface GivenUpCallback {
  readonly taskId: string;
  readonly orgId: string;
  /** Which of the organization's callbacks. */
  readonly callback: string;
  /** Of the task. */
  readonly name: string;
  readonly endpointId: string | null;
  readonly givenUpAt: Date;
  readonly tries: number;
  /** In a word, and the status that the receiver gave. */
  readonly error: string | null;
}

export interface GivenUpQuestion {
  readonly orgId?: string | undefined;
  readonly after?: TaskListPlace | null;
  readonly limit: number;
}

export interface GivenUpPage {
  readonly callbacks: readonly GivenUpCallback[];
  readonly next: TaskListPlace | null;
}

/** One page of callbacks that were given up, the latest first. For `rcm_operator`. Fails with `input_invalid`. */
export async function listGivenUpCallbacks(db: Database, { orgId, after = null, limit }: GivenUpQuestion): Promise<GivenUpPage> {
  if (orgId !== undefined) checkId('orgId', orgId);
  if (after) checkPlaceTime(after.at);
  if (after) checkUuid('place', after.id);
  const most = checkLimit(limit);
  const conditions = [
    Prisma.sql`c.given_up_at IS NOT NULL`,
    ...(orgId === undefined ? [] : [Prisma.sql`c.org_id = ${orgId}`]),
    ...(after === null ? [] : [Prisma.sql`(c.given_up_at, c.task_id) < (${after.at}::timestamptz, ${after.id}::uuid)`]),
  ];
  const rows = await db.transaction(
    orgId === undefined ? 'every tenant' : { tenant: orgId },
    (tx) => tx.$queryRaw<(GivenUpCallback & { readonly at: string })[]>`
      SELECT c.given_up_at::text AS at, c.task_id::text AS "taskId", c.org_id AS "orgId", c.name AS callback, t.name, t.endpoint_id AS "endpointId",
             c.given_up_at AS "givenUpAt", c.tries, c.last_error AS error
        FROM task_callback c JOIN portal_task t ON t.id = c.task_id WHERE ${Prisma.join(conditions, ' AND ')}
       ORDER BY c.given_up_at DESC, c.task_id DESC LIMIT ${most + 1}`,
  );
  const page = rows.slice(0, most);
  const last = page.at(-1);
  return { callbacks: page.map(({ at: _at, ...each }) => each), next: rows.length > most && last ? { at: last.at, id: last.taskId } : null };
}

/**
 * Lets a callback that was given up be sent again, with the event of the person who wants it in the same transaction: once, where it has had all its tries. For
 * `rcm_operator`. Returns whose it is; `null`: there is none that was given up. Fails with `input_invalid` without a reason.
 */
export async function tellAgain(db: Database, taskId: string, { actor, reason }: PersonalChange): Promise<{ readonly orgId: string } | null> {
  checkUuid('task', taskId);
  const [row] = await db.transaction(
    'every tenant',
    (tx) => tx.$queryRaw<{ orgId: string | null }[]>`SELECT rcm_tell_again(${taskId}::uuid, ${actor}, ${reason}) AS "orgId"`,
  );
  return row?.orgId ? { orgId: row.orgId } : null;
}
