import { writeAuditEvent } from '../audit/record.ts';
import type { Database } from '../database.ts';
import { checkUuid } from '../input.ts';
import { actorOf, issuerDetails, issuerOf, type Requester } from './requester.ts';

export interface Cancellation {
  readonly orgId: string;
  readonly taskId: string;
  readonly requester: Requester;
  /** `own`: only what the requester asked for; anything else is not there. */
  readonly reach: 'own' | 'organization';
}

/**
 * Ends a task that has not ended, with its audit event `task.cancelled` in the same transaction: it failed, as `cancelled`. A worker that has it in hand stops when
 * it next asks for its claim, and its result is nobody's. `false`: there is none, or it has ended.
 */
export async function cancelPortalTask(db: Database, { orgId, taskId, requester, reach }: Cancellation): Promise<boolean> {
  checkUuid('taskId', taskId);
  const [actor, issuer] = [actorOf(requester), issuerOf(requester)];
  return db.transaction({ tenant: orgId }, async (tx) => {
    const ended = await tx.$executeRaw`
      UPDATE portal_task SET state = 'failed', error_code = 'cancelled', error_message = 'The task was cancelled.', claimed_until = NULL,
             finished_at = clock_timestamp()
       WHERE id = ${taskId}::uuid AND org_id = ${orgId} AND state IN ('queued', 'running')
         AND (${reach === 'organization'} OR (requested_by = ${actor} AND requested_issuer IS NOT DISTINCT FROM ${issuer}))`;
    if (ended === 0) return false;
    const event = { orgId, actor, action: 'task.cancelled', subject: taskId, reason: 'not wanted any more' };
    await writeAuditEvent(tx, { ...event, details: { taskId, ...issuerDetails(requester) } });
    return true;
  });
}
