import { cursorOf } from '@rcm/db';
import type { TaskInFull } from '@rcm/db/fleet';
import type { ListedTask, TaskPage } from '@rcm/db/tasks';
import { callbackNote, taskNote, whyNotDone } from '@rcm/fleet';
import type { VNode } from 'preact';
import { mayDo, type Role } from '../access/roles.ts';
import { type Markup, markup } from '../web/markup.ts';
import { actForm } from './act-form.ts';
import type { Place } from './layout.ts';
import { facts, further, instant, part, pill, sameAs, table, type Tone, word } from './parts.ts';

const SHOWN = { undone: 'Not done', queued: 'Waiting', running: 'Running', failed: 'Failed', succeeded: 'Succeeded', all: 'All' } as const;
export type TasksShown = keyof typeof SHOWN;
export const tasksShown = (query: Readonly<Record<string, unknown>>): TasksShown => {
  const { show } = query;
  return typeof show === 'string' && Object.hasOwn(SHOWN, show) ? (show as TasksShown) : 'undone';
};

const UNDONE: readonly ListedTask['state'][] = ['queued', 'running', 'failed'];
export const statesOf = (show: TasksShown): readonly ListedTask['state'][] | undefined => (show === 'all' ? undefined : show === 'undone' ? UNDONE : [show]);

const TONES: Readonly<Record<ListedTask['state'], Tone>> = { queued: 'calm', running: 'warn', failed: 'bad', succeeded: 'good' };
const statePill = ({ state }: ListedTask): VNode => pill(state, TONES[state]);
const loginOf = ({ orgId, endpointId, portalTypeCode }: ListedTask): Markup =>
  endpointId === null ? `any at ${portalTypeCode ?? ''}` : markup`<a href=${`/o/${orgId}/logins/${endpointId}`}>${endpointId}</a>`;

export function tasksPage(place: Place, show: TasksShown, { tasks, next }: TaskPage, now: Date): Markup {
  const path = `${place.base}/tasks`;
  return [
    markup`<form class="filters" method="get" action=${path}><label>Show <select name="show">${Object.entries(SHOWN).map(
      ([value, title]) => markup`<option value=${value} selected=${value === show}>${title}</option>`,
    )}</select></label><button class="quiet">Show</button></form>`,
    part('tasks', [
      table(
        'Tasks, the newest first',
        [
          { title: 'Task', cell: (task) => markup`<a href=${`/o/${task.orgId}/tasks/${task.id}`}>${task.name}</a>` },
          { title: 'State', cell: statePill },
          ...(place.orgId === null ? [{ title: 'Organization', cell: (task: ListedTask) => task.orgId }] : []),
          { title: 'Login', cell: loginOf },
          { title: 'Asked', cell: (task) => instant(task.createdAt, now) },
          { title: 'By', cell: (task) => task.requestedBy },
          { title: 'Note', cell: (task) => taskNote(task, now) },
        ],
        tasks,
        'There is no such task.',
      ),
      further(path, { show }, next && cursorOf(next)),
    ]),
    sameAs(`rcm tasks${place.orgId === null ? '' : ` --org ${word(place.orgId)}`}${show === 'undone' ? '' : ` --state ${show}`}`),
  ];
}

export function taskPage(task: TaskInFull, { roles, token, now }: { readonly roles: readonly Role[]; readonly token: string; readonly now: Date }): Markup {
  const isOpen = task.state === 'queued' || task.state === 'running';
  return [
    part('task', [
      markup`<p class="lead">${statePill(task)} ${whyNotDone(task)}</p>`,
      facts([
        ['Task', task.id],
        ['Login', loginOf(task)],
        ['Asked', instant(task.createdAt, now)],
        ['By', task.requestedBy],
        ['Tries', `${task.tries}, put off ${task.requeues} times`],
        ['Begun', instant(task.startedAt, now)],
        ['In hand', task.state === 'running' ? task.worker : null],
        ['Ended', instant(task.finishedAt, now)],
        ['Callback', callbackNote(task, now)],
        ['Deadline', isOpen ? instant(task.deadlineAt, now) : null],
      ]),
    ]),
    sameAs(`rcm task show ${task.id}`),
    isOpen &&
      mayDo(roles, 'cancel') &&
      markup`<section class="acts"><h2>Act</h2>${actForm({
        action: `/o/${task.orgId}/tasks/${task.id}/acts/cancel`,
        title: 'Cancel',
        does: 'The task is not wanted any more: it ends as failed (cancelled). What a web-agent has begun at the portal ends when it renews its claim.',
        command: `rcm task cancel ${task.id} --reason "…"`,
        token,
      })}</section>`,
  ];
}
