import { cursorOf, type Database, placeIn, taskPlaces } from '@rcm/db';
import { type ListedTask, listPortalTasks, TASK_STATES } from '@rcm/db/tasks';
import { relative, taskNote } from '@rcm/fleet';
import { RcmError } from '@rcm/telemetry';
import { checkEmpty } from '../nothing-found.ts';
import type { Report } from '../report.ts';
import { type Cell, table } from '../table.ts';

export interface TasksOptions {
  readonly org?: string;
  readonly portal?: string;
  readonly login?: string;
  readonly state?: string;
  readonly limit: string;
  readonly after?: string;
}

/** What has succeeded is most of them and nobody's concern. */
const UNDONE = ['queued', 'running', 'failed'] as const;

/** One page of tasks, the newest first. Not well where one on it failed. */
export async function tasks(db: Database, options: TasksOptions): Promise<Report> {
  const limit = Number(options.limit);
  const filter = { states: statesOf(options.state), endpointId: options.login, portalTypeCode: options.portal };
  const scope = options.org === undefined ? ('every tenant' as const) : { orgId: options.org };
  const after = options.after === undefined ? null : placeIn(taskPlaces, '--after', options.after);
  const { tasks: found, next } = await listPortalTasks(db, scope, { filter, after, limit, words: false });
  await checkEmpty(db, found, options);
  const cursor = next && cursorOf(next);
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
        { text: taskNote(task, view.now) },
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

export const stateCell = ({ state }: ListedTask): Cell => ({
  text: state,
  ...({ failed: { style: 'red' }, running: { style: 'green' }, queued: {}, succeeded: {} } as const)[state],
});

export const taskJson = ({ orgId, endpointId, portalTypeCode, name, requeueReason, errorMessage: _words, ...task }: ListedTask): object => ({
  ...task,
  organization: orgId,
  login: endpointId,
  portalType: portalTypeCode,
  task: name,
  waitsFor: task.state === 'queued' ? requeueReason : null,
});
