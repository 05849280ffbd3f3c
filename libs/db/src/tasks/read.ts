import { hasCode, RcmError } from '@rcm/telemetry';
import { writeAuditEvent } from '../audit/record.ts';
import type { Database } from '../database.ts';
import { checkUuid } from '../input.ts';
import { actorOf, issuerDetails, issuerOf, type Requester } from './requester.ts';
import { closedTask, openTask } from './sealed.ts';
import type { PortalTask } from './task.ts';

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
 * audit event, which is written when it is open and before it goes: where it cannot be, it fails with `audit_unavailable`. Fails with
 * `data_key_unavailable`, `task_data_unreadable`.
 */
export async function readPortalTask(db: Database, { orgId, taskId, reader, reach, part = 'whole' }: TaskReader): Promise<PortalTask | null> {
  checkUuid('taskId', taskId);
  const own = reach === 'own' ? { requestedBy: actorOf(reader), requestedIssuer: issuerOf(reader) } : {};
  const row = await db.transaction({ tenant: orgId }, (tx) => tx.portalTask.findFirst({ where: { id: taskId, orgId, ...own } }));
  if (!row || part === 'state') return row && closedTask(row);
  const task = await openTask(db, row);
  if (row.state === 'succeeded') await recordRead(db, { orgId, taskId, reader });
  return task;
}

async function recordRead(db: Database, { orgId, taskId, reader }: Pick<TaskReader, 'orgId' | 'taskId' | 'reader'>): Promise<void> {
  try {
    const event = { orgId, actor: actorOf(reader), action: 'task.read', subject: taskId, reason: 'result handed out' };
    await db.transaction({ tenant: orgId }, (tx) => writeAuditEvent(tx, { ...event, details: { taskId, ...issuerDetails(reader) } }));
  } catch (error) {
    if (hasCode(error, 'database_failed'))
      throw new RcmError('audit_unavailable', 'The audit event could not be written, so the result was not handed out.', { cause: error });
    throw error;
  }
}
