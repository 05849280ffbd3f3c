import type { Database } from '@rcm/db';
import { showTask, type TaskInFull } from '@rcm/db/fleet';
import { callbackNote, relative, whyNotDone } from '@rcm/fleet';
import { RcmError } from '@rcm/telemetry';
import type { Report } from '../report.ts';
import { facts } from '../table.ts';
import type { View } from '../terminal.ts';
import { stateCell, taskJson } from './tasks.ts';

/** Everything of one task but what it was asked with and what came of it. Not well where it failed. */
export async function taskShow(db: Database, taskId: string): Promise<Report> {
  const task = await showTask(db, taskId);
  if (!task) throw new RcmError('task_not_found', `There is no task ${taskId}, or it is no longer kept. Nothing was done.`);
  return { json: { ...taskJson(task), why: whyNotDone(task) }, lines: (view) => linesOf(task, view), well: task.state !== 'failed' };
}

function linesOf(task: TaskInFull, view: View): string[] {
  const ago = (at: Date | null): string | null => at && relative(at, view.now);
  const { text, style } = stateCell(task);
  const login = task.endpointId;
  return [
    `${view.paint('bold', task.id)}  ${style ? view.paint(style, text) : text}`,
    ...facts(view, [
      ['why', whyNotDone(task)],
      ['task', task.name],
      ['organization', task.orgId],
      ['login', login ?? `any at ${task.portalTypeCode ?? ''}`],
      ['asked', `${ago(task.createdAt)}${task.requestedBy ? `, by ${task.requestedBy}` : ''}${task.requestedIssuer ? ` of ${task.requestedIssuer}` : ''}`],
      ['goes on', task.state === 'queued' && task.requeueReason !== null ? ago(task.notBefore) : null],
      ['tries', `${task.tries}, put off ${task.requeues} times`],
      ['begun', ago(task.startedAt)],
      ['in hand', task.state === 'running' ? `of ${task.worker ?? ''}, until ${ago(task.claimedUntil)} without a word` : null],
      ['ended', ago(task.finishedAt)],
      ['callback', callbackNote(task, view.now)],
      ['deadline', task.finishedAt ? null : ago(task.deadlineAt)],
      ...task.leases.map((lease) => ['login held', `${lease.kind} by ${lease.holder}, ends ${ago(lease.until)}`] as const),
    ]),
    ...stepsFor(task).map((step) => view.paint('yellow', `→ ${step}`)),
  ];
}

function stepsFor({ state, id, endpointId, told }: TaskInFull): string[] {
  const login = endpointId === null || state === 'succeeded' ? [] : [`rcm login show ${endpointId}`];
  if (told?.state === 'given up') return [...login, `rcm task tell ${id} --reason "…"`];
  return state === 'queued' || state === 'running' ? [...login, `rcm task cancel ${id} --reason "…"`] : login;
}
