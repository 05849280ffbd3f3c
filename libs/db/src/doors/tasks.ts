/** Portal tasks: asked for, taken in turns, ended, told to whoever wanted to be called back. */
export type { CallbackState, ClaimedCallback, EndedTask } from '../callbacks/callback.ts';
export { type GivenUpCallback, listGivenUpCallbacks, tellAgain } from '../callbacks/given-up.ts';
export { callbackWaits, type CallbackTry, claimNextCallback, endCallbackTry } from '../callbacks/outbox.ts';
export { cancelPortalTask, type Cancellation } from '../tasks/cancel.ts';
export {
  type Claim,
  claimNextPortalTask,
  claimPortalTask,
  finishPortalTask,
  getPortalTask,
  portalTaskWaits,
  renewTaskClaim,
  type TaskCounts,
  taskCounts,
  type TaskEnd,
} from '../tasks/claim.ts';
export { type ListedTask, listPortalTasks, TASK_STATES, type TaskFilter, type TaskListPlace, type TaskPage } from '../tasks/list.ts';
export { type PlainTasks, sealPlainTasks } from '../tasks/plain.ts';
export { type TaskQueueFigures, taskQueueFigures } from '../tasks/queue-figures.ts';
export { createPortalTask, type NewPortalTask, type Requeue, requeuePortalTask, type TaskPlace } from '../tasks/queue.ts';
export { readPortalTask, type TaskReader } from '../tasks/read.ts';
export { actorOf, type Requester } from '../tasks/requester.ts';
export { haveTaskKey } from '../tasks/sealed.ts';
export { type ClaimedTask, type PortalTask, type TaskState } from '../tasks/task.ts';
export { type Tidied, type TidyOptions, tidyPortalTasks } from '../tasks/tidy.ts';
