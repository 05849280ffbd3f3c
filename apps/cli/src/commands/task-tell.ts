import { showTask } from '@rcm/db/fleet';
import { tellAgain } from '@rcm/db/tasks';
import { RcmError } from '@rcm/telemetry';
import type { Person } from '../onboarding/add.ts';
import { asOperator } from '../operator.ts';
import type { Report } from '../report.ts';

/** Has the callback of a task sent again that was given up. One that is open is sent anyway, so that a second call changes nothing. */
export async function taskTell(environment: NodeJS.ProcessEnv, taskId: string, person: Person): Promise<Report> {
  return asOperator(environment, async (db) => {
    const opened = await tellAgain(db, taskId, person);
    const task = await showTask(db, taskId);
    if (!task) throw new RcmError('task_not_found', `There is no task ${taskId}, or it is no longer kept. Nothing was done.`);
    if (task.told === null) throw new RcmError('state_conflict', `Task ${taskId} was asked with no callback. Nothing was done.`);
    if (!opened && (task.told.state === 'delivered' || task.finishedAt === null))
      throw new RcmError('state_conflict', `The callback of task ${taskId} is ${task.told.state}. Nothing was done.`);
    return {
      json: { task: taskId, organization: task.orgId, callback: task.told.name, sentAgain: opened !== null },
      lines: () => [`${taskId}  its callback ${task.told?.name ?? ''} is sent again. \`rcm task show ${taskId}\` says what becomes of it.`],
      well: true,
    };
  });
}
