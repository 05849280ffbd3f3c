import { type Database, type ListedTask, listPortalTasks, TASK_STATES, type TaskListPlace } from '@rcm/db';
import { RcmError } from '@rcm/telemetry';
import { z } from 'zod';
import type { Report } from '../report.ts';
import { type Cell, table } from '../table.ts';
import { relative } from '../times.ts';

export interface TasksOptions {
  readonly org?: string;
  readonly portal?: string;
  readonly login?: string;
  readonly state?: string;
  readonly limit: string;
  readonly after?: string;
}

const MOST = 1_000;
/** What has succeeded is most of them and nobody's concern. */
const UNDONE = ['queued', 'running', 'failed'] as const;
const placeSchema = z.strictObject({
  at: z
    .string()
    .max(64)
    .regex(/^[-0-9:.+ TZ]+$/),
  id: z.uuid(),
});

/** One page of tasks, the newest first. Not well where one on it failed. */
export async function tasks(db: Database, options: TasksOptions): Promise<Report> {
  const limit = Number(options.limit);
  if (!Number.isInteger(limit) || limit < 1 || limit > MOST)
    throw new RcmError('input_invalid', `--limit must be a whole number from 1 to ${MOST}. Nothing was done.`);
  const filter = { states: statesOf(options.state), endpointId: options.login, portalTypeCode: options.portal };
  const scope = options.org === undefined ? ('every tenant' as const) : { orgId: options.org };
  const after = options.after === undefined ? null : placeOf(options.after);
  const { tasks: found, next } = await listPortalTasks(db, scope, { filter, after, limit, words: false });
  const cursor = next && Buffer.from(JSON.stringify(next)).toString('base64url');
  return {
    json: { tasks: found.map(taskJson), next: cursor },
    lines(view) {
      if (found.length === 0) return ['no such task'];
      const rows = found.map((task): Cell[] => [
        { text: task.id },
        stateCell(task),
        { text: task.name },
        { text: task.endpointId ?? `any at ${task.portalTypeCode ?? ''}` },
        { text: task.orgId },
        { text: relative(task.createdAt, view.now) },
        { text: noteOf(task, view.now) },
      ]);
      const columns = [
        { title: 'TASK' },
        { title: 'STATE' },
        { title: 'WHAT', shrinks: true },
        { title: 'LOGIN', shrinks: true },
        { title: 'ORGANIZATION', shrinks: true },
        { title: 'ASKED' },
        { title: 'NOTE', shrinks: true },
      ];
      return [...table(view, columns, rows), ...(cursor ? ['', view.paint('dim', `more: --after ${cursor}`)] : [])];
    },
    well: found.every(({ state }) => state !== 'failed'),
  };
}

function statesOf(text: string | undefined): ListedTask['state'][] {
  const wanted = text === undefined ? [...UNDONE] : text === 'all' ? [...TASK_STATES] : text.split(',');
  for (const state of wanted)
    if (!TASK_STATES.includes(state as never))
      throw new RcmError('input_invalid', `--state takes ${TASK_STATES.join(', ')}, several with commas between, or all. Nothing was done.`);
  return [...new Set(wanted)] as ListedTask['state'][];
}

function placeOf(cursor: string): TaskListPlace {
  try {
    return placeSchema.parse(JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8')));
  } catch (cause) {
    throw new RcmError('input_invalid', '--after takes what the page before ended with, as it stands there. Nothing was done.', { cause });
  }
}

export const stateCell = ({ state }: ListedTask): Cell => ({
  text: state,
  ...({ failed: { style: 'red' }, running: { style: 'green' }, queued: {}, succeeded: {} } as const)[state],
});

/** Why it waits or failed, in a few words. */
function noteOf(task: ListedTask, now: Date): string {
  if (task.state === 'failed') return task.errorCode ?? '';
  if (task.state !== 'queued') return '';
  return task.requeueReason === null ? 'waits for its turn' : `${task.requeueReason}, goes on ${relative(task.notBefore, now)}`;
}

export const taskJson = ({ orgId, endpointId, portalTypeCode, name, requeueReason, errorMessage: _words, ...task }: ListedTask): object => ({
  ...task,
  organization: orgId,
  login: endpointId,
  portalType: portalTypeCode,
  task: name,
  waitsFor: task.state === 'queued' ? requeueReason : null,
});
