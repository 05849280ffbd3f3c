import type { Transaction } from '../database.ts';
import { checkId, checkMs, timestamp } from '../input.ts';

/** What a portal's log says of one login or one page: where, when, whose account. */
export interface LogLine {
  readonly portalTypeCode: string;
  readonly at: Date;
  /** What the user name may be known by: its login identity under every key, realm and rule of case. */
  readonly loginIdentities: readonly string[];
  /** By how much the portal's clock may differ from Postgres's, in ms. */
  readonly toleranceMs: number;
}

/** What a chain hangs on: a task, an attempt to rotate, or a single login that belongs to neither. */
export interface Anchor {
  readonly kind: 'task' | 'rotation' | 'login';
  readonly id: string;
  readonly orgId: string;
  readonly endpointId: string;
}

/** Chains that one question gives at most. */
const MOST = 50;
/** How long a session is taken to be at work for a task whose end is not known, in seconds. */
const LONGEST_VISIT_S = 900;

/**
 * Uses of the account that were under way at that moment: from the line in the ledger, or the event of a kept session, to the end of the task
 * that it was for, else of the login. A moment is a whole millisecond, as logs write it. The one that began last before the moment comes first.
 */
export function anchorsAt(tx: Transaction, { portalTypeCode, at, loginIdentities, toleranceMs }: LogLine): Promise<Anchor[]> {
  checkId('portalTypeCode', portalTypeCode);
  const [instant, tolerance] = [timestamp(at), checkMs('toleranceMs', toleranceMs)];
  return tx.$queryRaw<Anchor[]>`
    WITH moment AS (SELECT ${instant}::timestamptz AS at, ${instant}::timestamptz + make_interval(secs => (${tolerance} + 1)::float8 / 1000) AS latest, make_interval(secs => ${tolerance}::float8 / 1000) AS tolerance, make_interval(secs => ${LONGEST_VISIT_S}::float8) AS longest),
    used AS (
      SELECT a.org_id, a.endpoint_id, a.id::text AS login, a.task_id::text AS task, a.rotation_attempt_id::text AS rotation, a.started_at AS at, a.finished_at AS until
        FROM moment m JOIN login_attempt a ON a.login_identity = ANY (${[...loginIdentities]}) AND a.started_at BETWEEN m.at - m.longest - m.tolerance AND m.latest
       WHERE a.outcome IS DISTINCT FROM 'not_submitted'
      UNION ALL
      SELECT e.org_id, e.id, v.details ->> 'loginAttemptId', v.details ->> 'taskId', NULL, v.at, NULL
        FROM moment m JOIN integration_endpoint e ON e.login_identity = ANY (${[...loginIdentities]})
        JOIN audit_event v ON v.org_id = e.org_id AND v.subject = e.id AND v.at BETWEEN m.at - m.longest - m.tolerance AND m.latest
       WHERE v.action = 'login.used' AND v.details ->> 'session' = 'kept'
    )
    SELECT kind, id, "orgId", "endpointId" FROM (
      SELECT DISTINCT ON (k.kind, k.id) k.kind, k.id, u.org_id AS "orgId", u.endpoint_id AS "endpointId", u.at
        FROM used u CROSS JOIN moment m
        JOIN integration_endpoint e ON e.org_id = u.org_id AND e.id = u.endpoint_id AND e.portal_type_code = ${portalTypeCode}
        LEFT JOIN portal_task t ON t.org_id = u.org_id AND t.id = u.task::uuid
       CROSS JOIN LATERAL (SELECT CASE WHEN u.task IS NOT NULL THEN 'task' WHEN u.rotation IS NOT NULL THEN 'rotation' ELSE 'login' END AS kind,
                                  coalesce(u.task, u.rotation, u.login) AS id) k
       WHERE coalesce(CASE WHEN u.task IS NOT NULL THEN greatest(u.until, t.finished_at) ELSE u.until END, u.at + m.longest) >= m.at - m.tolerance
       ORDER BY k.kind, k.id, u.at DESC) found
     ORDER BY at DESC LIMIT ${MOST}`;
}

/** What an id can be the id of. Ids are random UUIDs, so it is one of them. */
export function anchorsOf(tx: Transaction, id: string): Promise<Anchor[]> {
  return tx.$queryRaw<Anchor[]>`
    SELECT DISTINCT ON (kind, id) kind, id, org_id AS "orgId", endpoint_id AS "endpointId" FROM (
      SELECT 'task' AS kind, t.id::text AS id, t.org_id, t.endpoint_id FROM portal_task t WHERE t.id = ${id}::uuid AND t.endpoint_id IS NOT NULL
      UNION ALL
      -- A task that is deleted by now, or of a pool that has lent it no account yet.
      SELECT 'task', ${id}, v.org_id, coalesce(v.details ->> 'endpointId', (
               SELECT u.subject FROM audit_event u WHERE u.org_id = v.org_id AND u.details ->> 'taskId' = ${id} AND u.details ? 'taskId' AND u.action = 'login.used' LIMIT 1), '')
        FROM audit_event v WHERE v.subject = ${id} AND v.action = 'task.requested' AND v.org_id IN (SELECT o.id FROM organization o)
      UNION ALL
      SELECT 'rotation', r.id::text, r.org_id, r.endpoint_id FROM rotation_attempt r WHERE r.id = ${id}::uuid OR r.request_id = ${id}::uuid
      UNION ALL
      SELECT CASE WHEN a.task_id IS NOT NULL THEN 'task' WHEN a.rotation_attempt_id IS NOT NULL THEN 'rotation' ELSE 'login' END,
             coalesce(a.task_id, a.rotation_attempt_id, a.id)::text, a.org_id, a.endpoint_id
        FROM login_attempt a WHERE a.id = ${id}::uuid OR a.lease_id = ${id}::uuid
    ) found ORDER BY kind, id, endpoint_id = '' LIMIT ${MOST}`;
}
