import type { Database } from '../database.ts';
import { checkId, checkLimit, timestamp } from '../input.ts';
import type { Scope } from '../scope.ts';

/** Where an entry comes from: the ledger, the journal, the leases, the tasks, what a person did, what people were told. */
export type HistorySource = 'login' | 'rotation' | 'lease' | 'task' | 'act' | 'notice';

export interface HistoryEntry {
  readonly at: Date;
  readonly source: HistorySource;
  /** In the words of the books: an outcome, a state, an action, a kind. */
  readonly what: string;
  /** Process or person; `null`: the books do not say. */
  readonly by: string | null;
  readonly detail: string | null;
  /** Whose entry it is: an account may be in the books of several organizations. */
  readonly orgId: string;
}

export interface LoginHistory {
  /** The newest first. */
  readonly entries: readonly HistoryEntry[];
  /** What lies further back is before it; `null`: that is all. */
  readonly before: Date | null;
}

/**
 * One timeline of a login: who used it and what the portal said, what was rotated, who holds it, its tasks, what people did and were told. `null`: there is no such
 * endpoint. For `rcm_operator`, `rcm_console`. Fails with `input_invalid`.
 */
export async function loginHistory(
  db: Database,
  {
    endpointId,
    before,
    limit,
    scope = 'every tenant',
  }: { readonly endpointId: string; readonly before?: Date | undefined; readonly limit: number; readonly scope?: Scope },
): Promise<LoginHistory | null> {
  checkId('endpointId', endpointId);
  const most = checkLimit(limit);
  const until = before === undefined ? 'infinity' : timestamp(before);
  const rows = await db.transaction(scope, async (tx) => {
    const [endpoint] = await tx.$queryRaw<{ orgId: string; loginIdentity: string | null }[]>`
      SELECT org_id AS "orgId", login_identity AS "loginIdentity" FROM integration_endpoint WHERE id = ${endpointId}`;
    if (!endpoint) return null;
    const { orgId, loginIdentity } = endpoint;
    // Each source gives its newest by an index of its own; of an attempt and of a task both ends are told.
    return tx.$queryRaw<HistoryEntry[]>`
      WITH login AS (
        SELECT a.started_at AS at, 'login' AS source, coalesce(a.outcome, 'under way') AS what, coalesce(a.process, a.actor) AS by,
               concat_ws(', ', 'version ' || a.version, CASE WHEN a.effect <> 'none' THEN 'password ' || a.effect END, 'task ' || a.task_id) AS detail, a.org_id AS "orgId"
          FROM login_attempt a WHERE a.login_identity = ${loginIdentity} AND a.started_at < ${until}::timestamptz ORDER BY a.started_at DESC LIMIT ${most + 1}
      ), attempt AS (
        SELECT r.* FROM rotation_attempt r WHERE r.login_identity = ${loginIdentity} AND r.created_at < ${until}::timestamptz ORDER BY r.created_at DESC LIMIT ${most + 1}
      ), rotation AS (
        SELECT r.created_at AS at, 'rotation' AS source, 'begun' AS what, r.owner AS by, 'reason: ' || r.reason AS detail, r.org_id AS "orgId" FROM attempt r
        UNION ALL SELECT coalesce(r.ended_at, r.updated_at), 'rotation', r.state, r.owner, r.detail, r.org_id FROM attempt r WHERE coalesce(r.ended_at, r.updated_at) < ${until}::timestamptz
      ), lease AS (
        SELECT l.acquired_at AS at, 'lease' AS source, l.kind AS what, l.holder AS by, NULL AS detail, l.org_id AS "orgId" FROM login_lease l
         WHERE l.login_identity = ${loginIdentity} AND l.acquired_at < ${until}::timestamptz AND l.expires_at > clock_timestamp()
      ), begun AS (
        SELECT t.created_at, t.finished_at, t.name, t.state, t.error_code, t.worker, t.requested_by, t.org_id FROM portal_task t
         WHERE t.org_id = ${orgId} AND t.endpoint_id = ${endpointId} AND t.started_at < ${until}::timestamptz ORDER BY t.started_at DESC LIMIT ${most + 1}
      ), queued AS (
        SELECT t.created_at, t.finished_at, t.name, t.state, t.error_code, t.worker, t.requested_by, t.org_id FROM portal_task t
         WHERE t.state = 'queued' AND t.started_at IS NULL AND t.org_id = ${orgId} AND coalesce('pool/' || t.portal_type_code, t.endpoint_id) = ${endpointId} LIMIT ${most + 1}
      ), task AS (
        SELECT t.created_at AS at, 'task' AS source, 'asked for' AS what, t.requested_by AS by, t.name AS detail, t.org_id AS "orgId"
          FROM (SELECT * FROM begun UNION ALL SELECT * FROM queued) t WHERE t.created_at < ${until}::timestamptz
        UNION ALL SELECT t.finished_at, 'task', t.state, t.worker, concat_ws(', ', t.name, t.error_code), t.org_id FROM begun t WHERE t.finished_at < ${until}::timestamptz
      ), act AS (
        SELECT v.at, 'act' AS source, v.action AS what, v.actor AS by, v.reason AS detail, v.org_id AS "orgId" FROM audit_event v
         WHERE v.org_id = ${orgId} AND v.subject = ${endpointId} AND (v.actor LIKE 'person:%' OR v.actor LIKE 'sql:%') AND v.at < ${until}::timestamptz
         ORDER BY v.seq DESC LIMIT ${most + 1}
      ), told AS (
        SELECT n.created_at AS at, 'notice' AS source, n.kind AS what, NULL AS by, n.detail, n.org_id AS "orgId" FROM notice n
         WHERE n.org_id = ${orgId} AND n.endpoint_id = ${endpointId} AND n.created_at < ${until}::timestamptz ORDER BY n.created_at DESC LIMIT ${most + 1}
      )
      SELECT at, source, what, by, nullif(detail, '') AS detail, "orgId" FROM (
        SELECT * FROM login UNION ALL SELECT * FROM rotation UNION ALL SELECT * FROM lease UNION ALL SELECT * FROM task UNION ALL SELECT * FROM act UNION ALL SELECT * FROM told) h
       ORDER BY at DESC, source, what LIMIT ${most + 1}`;
  });
  if (rows === null) return null;
  if (rows.length <= most) return { entries: rows, before: null };
  const entries = rows.slice(0, most);
  return { entries, before: entries.at(-1)?.at ?? null };
}
