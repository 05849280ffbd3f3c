/**
 * How other services ask for portal tasks: through a web-agent's HTTP API, never its database. Depends on nothing of this platform, so that
 * it can be taken along anywhere. Threat: a token that goes to another address (redirects are refused) or in the clear, a task that is asked for
 * twice because an answer was lost (idempotency keys), an answer without an end, or of another task. It must never log a request or a result: both may hold health data.
 */
export { createTaskClient, type TaskClient, type TaskClientOptions } from './client.ts';
export { TaskError } from './error.ts';
export type { Task, TaskPlace, TaskRequest, TaskResult } from './task.ts';
