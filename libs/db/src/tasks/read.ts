import { hasCode, RcmError } from '@rcm/telemetry';
import { writeAuditEvent } from '../audit/record.ts';
import type { Database } from '../database.ts';
import { checkUuid } from '../input.ts';
import { actorOf, issuerDetails, issuerOf, type Requester } from './requester.ts';
import { taskOf, type PortalTask } from './task.ts';

export interface TaskReader {
  readonly orgId: string;
  readonly taskId: string;
  /** Who reads: the person or service for whom it is. */
  readonly reader: Requester;
  /** `own`: only what the reader asked for; anything else is not there. Default `organization`. */
  readonly reach?: 'own' | 'organization';
  /** `state`: without what may hold health data, so without an audit event. Default `whole`. */
  readonly part?: 'whole' | 'state';
}

/**
 * A task of one organization as it is handed to somebody; another's is `null`. What may hold health data is not handed out without an
 * audit event: both are one transaction, and where the event cannot be written it fails with `audit_unavailable`.
 */
export async function readPortalTask(db: Database, { orgId, taskId, reader, reach, part = 'whole' }: TaskReader): Promise<PortalTask | null> {
  checkUuid('taskId', taskId);
  try {
    return await db.transaction({ tenant: orgId }, async (tx) => {
      const own = reach === 'own' ? { requestedBy: actorOf(reader), requestedIssuer: issuerOf(reader) } : {};
      const row = await tx.portalTask.findFirst({ where: { id: taskId, orgId, ...own } });
      if (row && part === 'state') return { ...taskOf(row), input: {}, result: null };
      const event = { orgId, actor: actorOf(reader), action: 'task.read', subject: taskId, reason: 'result handed out' };
      if (row?.state === 'succeeded') await writeAuditEvent(tx, { ...event, details: { taskId, ...issuerDetails(reader) } });
      return row && taskOf(row);
    });
  } catch (error) {
    if (hasCode(error, 'database_failed'))
      throw new RcmError('audit_unavailable', 'The audit event could not be written, so the result was not handed out.', { cause: error });
    throw error;
  }
}
