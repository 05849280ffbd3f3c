import type { ClaimedCallback } from '@rcm/db/tasks';

/**
 * What is sent, in the shape of Standard Webhooks: ids, codes and times, 2 kB at most. What the task was asked with and what came of it is not in it, whoever
 * reads it on its way or afterwards: who may see it fetches it with a token of their own.
 */
export const messageOf = ({ taskId, orgId, task }: ClaimedCallback): string =>
  JSON.stringify({
    type: 'task.ended',
    timestamp: task.finishedAt.toISOString(),
    data: {
      id: taskId,
      organization: orgId,
      task: task.name,
      endpoint: task.endpointId,
      portal_type: task.portalTypeCode,
      state: task.state,
      error_code: task.errorCode,
      created_at: task.createdAt.toISOString(),
      started_at: task.startedAt?.toISOString() ?? null,
      finished_at: task.finishedAt.toISOString(),
      href: `/v1/tasks/${taskId}`,
    },
  });

/** The same whenever the same end is told: by it a receiver knows what it has had already. Without a full stop, which separates what is signed. */
export const messageId = ({ taskId }: ClaimedCallback): string => `task_ended_${taskId}`;
