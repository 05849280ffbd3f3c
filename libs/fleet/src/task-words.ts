import type { TaskInFull } from '@rcm/db/fleet';
import type { ListedTask } from '@rcm/db/tasks';
import { relative } from './times.ts';

/** Why it waits or failed, in a few words. */
export function taskNote(task: ListedTask, now: Date): string {
  if (task.state === 'failed') return task.errorCode ?? '';
  if (task.state !== 'queued') return '';
  return task.requeueReason === null ? 'waits for its turn' : `${task.requeueReason}, goes on ${relative(task.notBefore, now)}`;
}

/** How far its callback is; `null`: it was asked with none. */
export function callbackNote({ told, finishedAt }: Pick<TaskInFull, 'told' | 'finishedAt'>, now: Date): string | null {
  if (told === null) return null;
  const { name, state, at, tries, error } = told;
  if (finishedAt === null || at === null) return `${name}, when the task ends`;
  const when = relative(at, now);
  if (state === 'delivered') return `${name}: delivered ${when}`;
  if (state === 'given up') return `${name}: given up ${when}, after ${tries} tries: ${error ?? 'for a reason that was not kept'}`;
  return state === 'failing' ? `${name}: not taken yet (${error ?? ''}), again ${when}` : `${name}: not delivered yet`;
}

/** Why it is not done yet, or not done at all; `null`: it is. */
export function whyNotDone(task: TaskInFull): string | null {
  if (task.state === 'succeeded') return null;
  if (task.state === 'failed') return `it failed: ${task.errorCode ?? 'for a reason that was not kept'}`;
  if (task.state === 'running') return `${task.worker ?? 'a web-agent'} works on it`;
  if (task.rotation) return `the password of its login is being changed (${task.rotation.state})`;
  if (task.requeueReason !== null) return `it was put off: ${task.requeueReason}`;
  if (task.leases.length > 0) return 'its login is in use';
  return task.waitingBefore > 0 ? `${task.waitingBefore} others at its login come before it` : 'no web-agent has come to it yet';
}
