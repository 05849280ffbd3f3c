import { cancelTaskOfAny, showTask } from '@rcm/db/fleet';
import { RcmError } from '@rcm/telemetry';
import type { Person } from '../onboarding/add.ts';
import { asOperator } from '../operator.ts';
import type { Report } from '../report.ts';

/** Ends a task that is not wanted any more, whoever asked for it. Cancelled twice is cancelled. */
export async function taskCancel(environment: NodeJS.ProcessEnv, taskId: string, person: Person): Promise<Report> {
  return asOperator(environment, async (db) => {
    const cancelled = await cancelTaskOfAny(db, taskId, person);
    const task = await showTask(db, taskId);
    if (!task) throw new RcmError('task_not_found', `There is no task ${taskId}, or it is no longer kept. Nothing was done.`);
    if (!cancelled && task.errorCode !== 'cancelled') throw new RcmError('state_conflict', `Task ${taskId} has ${task.state} already. Nothing was done.`);
    return {
      json: { task: taskId, organization: task.orgId, cancelled: true },
      lines: () => [`${taskId}  cancelled. A web-agent that works on it lets go when it renews its claim; whoever asked sees it as failed (cancelled).`],
      well: true,
    };
  });
}
