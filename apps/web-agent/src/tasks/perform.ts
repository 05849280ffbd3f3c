import type { AgentAccess } from '@rcm/portal-access';
import { type VisitResult, withAgentSession } from '@rcm/portal-access';
import type { PortalSession, TaskOutcome } from '@rcm/portal-drivers';
import { RcmError } from '@rcm/telemetry';
import { resultOf, type TaskResult } from './verdict.ts';

export interface TaskToDo {
  readonly taskId: string;
  readonly orgId: string;
  readonly endpointId: string;
  readonly name: string;
  readonly input: Readonly<Record<string, string>>;
}

export interface PerformOptions {
  /** For the task on the portal's pages, in ms; login and waiting are not in it. */
  readonly taskDeadlineMs: number;
  readonly holder: string;
  readonly signal: AbortSignal;
}

/**
 * Does one task at its portal. A session that the portal ended is replaced by one new login, once. Errors: those of
 * `withAgentSession`, and `portal_unavailable`, `portal_unexpected`, `contract_unmet`, `task_unknown`,
 * `task_input_invalid` of the task itself.
 */
export async function performTask(access: AgentAccess, task: TaskToDo, options: PerformOptions): Promise<TaskResult> {
  const visit = { orgId: task.orgId, endpointId: task.endpointId, holder: options.holder, taskId: task.taskId, signal: options.signal };
  const act = async (session: PortalSession, signal: AbortSignal): Promise<VisitResult<TaskOutcome>> => {
    const outcome = await session.runTask({ name: task.name, input: task.input, deadlineMs: options.taskDeadlineMs, signal });
    return { value: outcome, session: resultOf(outcome) ? 'keep' : 'close' };
  };
  let outcome = await withAgentSession(access, visit, act);
  if (outcome.kind === 'logged_out') outcome = await withAgentSession(access, visit, act);
  const result = resultOf(outcome);
  if (result) return result;
  const details = { endpointId: task.endpointId, outcome: outcome.kind };
  if (outcome.kind === 'unavailable') {
    const until = outcome.until ? { until: outcome.until.toISOString() } : {};
    throw new RcmError('portal_unavailable', `The portal was not available (${outcome.detail}).`, { details: { ...details, ...until } });
  }
  if (outcome.kind === 'unfit')
    throw new RcmError('contract_unmet', `The portal answered, but not as the task's contract has it (${outcome.detail}).`, { details });
  if (outcome.kind === 'unknown') throw new RcmError('portal_unexpected', `The portal answered something unexpected (${outcome.detail}).`, { details });
  throw new RcmError('portal_unexpected', 'The portal ended the session twice while the task ran.', { details });
}
