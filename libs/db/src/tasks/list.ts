import type { Database } from '../database.ts';
import { Prisma } from '../generated/client.ts';
import { checkId, checkLimit, checkUuid, checkPlaceTime } from '../input.ts';
import type { Scope } from '../scope.ts';
import type { TaskState } from './task.ts';

export const TASK_STATES = ['queued', 'running', 'failed', 'succeeded'] as const satisfies readonly TaskState[];

/** A task without what it was asked with and what came of it. */
export interface ListedTask {
  readonly id: string;
  readonly orgId: string;
  readonly endpointId: string | null;
  readonly portalTypeCode: string | null;
  readonly name: string;
  readonly state: TaskState;
  readonly tries: number;
  /** Why it was handed back last. */
  readonly requeueReason: string | null;
  /** Of a queued one: not tried before. */
  readonly notBefore: Date;
  readonly errorCode: string | null;
  /** `null` where words were not asked for. */
  readonly errorMessage: string | null;
  readonly deadlineAt: Date;
  readonly createdAt: Date;
  readonly startedAt: Date | null;
  readonly finishedAt: Date | null;
  readonly requestedBy: string | null;
  /** Which of the organization's callbacks is told of its end. */
  readonly callback: string | null;
}

/** Behind the last task of a page; `at` as Postgres wrote it. */
export interface TaskListPlace {
  readonly at: string;
  readonly id: string;
}

export interface TaskFilter {
  /** Any of them. Default: all. */
  readonly states?: readonly TaskState[] | undefined;
  readonly endpointId?: string | undefined;
  readonly portalTypeCode?: string | undefined;
  /** As `actorOf` names who asked, and who issued their token. */
  readonly requestedBy?: { readonly actor: string; readonly issuer: string | null } | undefined;
}

export interface TaskQuestion {
  readonly filter: TaskFilter;
  readonly after?: TaskListPlace | null;
  readonly limit: number;
  /** `false`: without the words of errors, which `rcm_operator` may not read. Default true. */
  readonly words?: boolean;
}

export interface TaskPage {
  readonly tasks: readonly ListedTask[];
  readonly next: TaskListPlace | null;
}

/**
 * One page of tasks, the newest first: an organization's, or (for `rcm_operator`) everybody's. Each state is walked by its own index, so a page costs what
 * it shows and what the filter passes over. No input and no result is read. Fails with `input_invalid`.
 */
export async function listPortalTasks(
  db: Database,
  scope: { readonly orgId: string } | 'every tenant',
  { filter, after = null, limit, words = true }: TaskQuestion,
): Promise<TaskPage> {
  const orgId = scope === 'every tenant' ? null : checkId('orgId', scope.orgId);
  if (filter.endpointId !== undefined) checkId('endpointId', filter.endpointId);
  if (filter.portalTypeCode !== undefined) checkId('portalTypeCode', filter.portalTypeCode);
  if (after) checkPlaceTime(after.at);
  if (after) checkUuid('place', after.id);
  const most = checkLimit(limit);
  const states = filter.states ?? TASK_STATES;
  const tenant: Scope = orgId === null ? 'every tenant' : { tenant: orgId };
  const rows = await db.transaction(
    tenant,
    (tx) => tx.$queryRaw<(ListedTask & { readonly at: string })[]>`
      SELECT t.* FROM unnest(${states}::text[]) s (state) CROSS JOIN LATERAL (
        SELECT t.created_at::text AS at, t.id::text, t.org_id AS "orgId", t.endpoint_id AS "endpointId", t.portal_type_code AS "portalTypeCode", t.name, t.state, t.tries,
               t.requeue_reason AS "requeueReason", t.not_before AS "notBefore", t.error_code AS "errorCode", ${words ? Prisma.sql`t.error_message` : Prisma.sql`NULL`} AS "errorMessage",
               t.deadline_at AS "deadlineAt", t.created_at AS "createdAt", t.started_at AS "startedAt", t.finished_at AS "finishedAt", t.requested_by AS "requestedBy",
               t.callback
          FROM portal_task t WHERE t.state = s.state AND ${conditions(orgId, filter, after)}
         ORDER BY t.created_at DESC, t.id DESC LIMIT ${most + 1}) t
       ORDER BY t."createdAt" DESC, t.id::uuid DESC LIMIT ${most + 1}`,
  );
  const page = rows.slice(0, most);
  const last = page.at(-1);
  return { tasks: page.map(({ at: _at, ...task }) => task), next: rows.length > most && last ? { at: last.at, id: last.id } : null };
}

function conditions(orgId: string | null, { endpointId, portalTypeCode, requestedBy }: TaskFilter, after: TaskListPlace | null): Prisma.Sql {
  return Prisma.join(
    [
      Prisma.sql`true`,
      ...(orgId === null ? [] : [Prisma.sql`t.org_id = ${orgId}`]),
      ...(endpointId === undefined ? [] : [Prisma.sql`t.endpoint_id = ${endpointId}`]),
      ...(portalTypeCode === undefined ? [] : [atPortal(portalTypeCode)]),
      ...(requestedBy === undefined
        ? []
        : [Prisma.sql`t.requested_by = ${requestedBy.actor} AND t.requested_issuer IS NOT DISTINCT FROM ${requestedBy.issuer}`]),
      ...(after === null ? [] : [Prisma.sql`(t.created_at, t.id) < (${after.at}::timestamptz, ${after.id}::uuid)`]),
    ],
    ' AND ',
  );
}

/** Of a pool there, or of an account there. */
const atPortal = (code: string): Prisma.Sql =>
  Prisma.sql`(t.portal_type_code = ${code} OR EXISTS (SELECT FROM integration_endpoint e WHERE e.org_id = t.org_id AND e.id = t.endpoint_id AND e.portal_type_code = ${code}))`;
