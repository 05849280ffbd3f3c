import type { CallbackState } from '../callbacks/callback.ts';
import type { Database } from '../database.ts';
import { checkUuid } from '../input.ts';
import type { Scope } from '../scope.ts';
import type { ListedTask } from '../tasks/list.ts';

/** Everything of one task but what it was asked with and what came of it. */
export interface TaskInFull extends ListedTask {
  /** Who asked with a token: its issuer. */
  readonly requestedIssuer: string | null;
  readonly requeues: number;
  /** Who has it in hand, and until when without a word. */
  readonly worker: string | null;
  readonly claimedUntil: Date | null;
  /** What holds its account now; empty for a pool that has lent it none. */
  readonly leases: readonly { readonly kind: string; readonly holder: string; readonly until: Date }[];
  /** Of its account: a rotation that is open. */
  readonly rotation: { readonly state: string; readonly since: Date } | null;
  /** Queued tasks at its account, or for its portal's pool, whose time comes before its own. */
  readonly waitingBefore: number;
  /** How far the callback is that it was asked with; `null`: it was asked with none. */
  readonly told: CallbackState | null;
}

/** One task of any organization, or of the one that `scope` says; `null`: there is none, or it is no longer kept. For `rcm_operator`, `rcm_console`. Fails with `input_invalid`. */
export async function showTask(db: Database, taskId: string, scope: Scope = 'every tenant'): Promise<TaskInFull | null> {
  checkUuid('task', taskId);
  return db.transaction(scope, async (tx) => {
    const [task] = await tx.$queryRaw<Omit<TaskInFull, 'leases'>[]>`
      SELECT t.id::text, t.org_id AS "orgId", t.endpoint_id AS "endpointId", t.portal_type_code AS "portalTypeCode", t.name, t.state, t.tries, t.requeues,
             t.requeue_reason AS "requeueReason", t.not_before AS "notBefore", t.error_code AS "errorCode", NULL AS "errorMessage", t.deadline_at AS "deadlineAt",
             t.created_at AS "createdAt", t.started_at AS "startedAt", t.finished_at AS "finishedAt", t.requested_by AS "requestedBy",
             t.requested_issuer AS "requestedIssuer", t.worker, t.claimed_until AS "claimedUntil", t.callback,
             (SELECT jsonb_build_object('state', a.state, 'since', a.created_at) FROM rotation_attempt a JOIN integration_endpoint e ON e.login_identity = a.login_identity
               WHERE e.org_id = t.org_id AND e.id = t.endpoint_id AND a.ended_at IS NULL) AS rotation,
             (SELECT count(*)::int FROM portal_task o
               WHERE o.org_id = t.org_id AND o.state = 'queued' AND coalesce('pool/' || o.portal_type_code, o.endpoint_id) = coalesce('pool/' || t.portal_type_code, t.endpoint_id)
                 AND o.not_before < t.not_before AND t.state = 'queued') AS "waitingBefore",
             CASE WHEN t.callback IS NOT NULL THEN (
               SELECT jsonb_build_object('name', t.callback, 'tries', coalesce(max(c.tries), 0), 'error', max(c.last_error), 'at', max(coalesce(c.delivered_at, c.given_up_at, c.not_before)),
                        'state', CASE WHEN max(c.delivered_at) IS NOT NULL THEN 'delivered' WHEN max(c.given_up_at) IS NOT NULL THEN 'given up'
                                      WHEN max(c.last_error) IS NOT NULL THEN 'failing' ELSE 'waiting' END)
                 FROM task_callback c WHERE c.task_id = t.id) END AS told
        FROM portal_task t WHERE t.id = ${taskId}::uuid`;
    if (!task) return null;
    const leases = await tx.$queryRaw<TaskInFull['leases']>`
      SELECT l.kind, l.holder, l.expires_at AS until FROM login_lease l JOIN integration_endpoint e ON e.login_identity = l.login_identity
       WHERE e.org_id = ${task.orgId} AND e.id = ${task.endpointId} AND l.expires_at > clock_timestamp() ORDER BY l.expires_at`;
    const { rotation, told } = task;
    return {
      ...task,
      rotation: rotation && { ...rotation, since: new Date(rotation.since) },
      told: told && { ...told, at: told.at && new Date(told.at) },
      leases,
    };
  });
}
