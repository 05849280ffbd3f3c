import { setTimeout as delay } from 'node:timers/promises';
import { apiAddress, callApi } from './call-api.ts';
import { TaskError } from './error.ts';
import { type Task, type TaskPlace, type TaskRequest, type TaskResult, taskSchema } from './task.ts';

export interface TaskClientOptions {
  /** Of a web-agent's API, for example `https://agents.example`, or `https://gateway.example/agents`; http for this machine alone. */
  readonly baseUrl: string;
  /**
   * The bearer token for a call; asked before every one, so it may be renewed (a call with one that has run out fails with
   * `token_expired`, one with what cannot be a token with `token_invalid`). It names the organization. Asking needs the scope `tasks:write`, reading `tasks:read` or `tasks:read:org`.
   */
  readonly token: () => string | Promise<string>;
  /** For one call and its token, in ms. Default 10,000. */
  readonly callMs?: number;
  /** Pause between two looks at a task, in ms; each look waits for the task's end for a while. Default 1,000. */
  readonly pollMs?: number;
  /** Default: the process's own. */
  readonly fetch?: typeof fetch;
}

export interface TaskClient {
  /**
   * Asks for a task. With the same `idempotencyKey` and the same request it is the same task, so a call whose answer was lost can be made
   * again; without one it is not `retryable`, as it might ask twice. Fails with `TaskError`.
   */
  ask(request: TaskRequest, options?: { readonly idempotencyKey?: string; readonly signal?: AbortSignal | undefined }): Promise<Task>;
  /** The task as it is now; `null`: the organization has none of that id, or it is no longer kept. Fails with `TaskError`. */
  read(taskId: string, options?: { readonly signal?: AbortSignal | undefined }): Promise<Task | null>;
  /**
   * Looks at a task until it has ended, for `deadlineMs` at most. A look that finds the API busy or away is repeated. Fails with the
   * task's own code where it failed, with `task_not_found`, and with `deadline_exceeded` while it goes on: it can be waited for again.
   */
  result(taskId: string, options: { readonly deadlineMs: number; readonly signal?: AbortSignal | undefined }): Promise<TaskResult>;
}

/** For how long a look asks the API to wait, in whole seconds: it takes 30 at most, and a proxy between may end what is silent for longer. */
const LONGEST_WAIT_S = 25;

/** Fails with `TypeError` where `baseUrl` is none that a token may be sent to. */
export function createTaskClient(options: TaskClientOptions): TaskClient {
  const { callMs = 10_000, pollMs = 1_000, fetch = globalThis.fetch } = options;
  const api = { address: apiAddress(options.baseUrl), token: () => options.token(), fetch };

  async function look(
    taskId: string,
    { waitSeconds = 0, ms = callMs, signal }: { readonly signal?: AbortSignal | undefined; readonly ms?: number; readonly waitSeconds?: number },
  ): Promise<Task | null> {
    const path = `/v1/tasks/${encodeURIComponent(taskId)}${waitSeconds > 0 ? `?wait=${waitSeconds}` : ''}`;
    try {
      const task = parsed(await callApi(api, path, { signal, ms, repeatable: true }));
      if (task.id.toLowerCase() === taskId.toLowerCase()) return task;
      throw new TaskError('answer_invalid', 'The API answered another task than was asked for.');
    } catch (error) {
      if (error instanceof TaskError && error.code === 'task_not_found') return null;
      throw error;
    }
  }

  return {
    async ask(request, { idempotencyKey, signal } = {}) {
      const headers = { 'content-type': 'application/json', ...(idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey }) };
      const call = { signal, ms: callMs, repeatable: idempotencyKey !== undefined };
      return parsed(await callApi(api, '/v1/tasks', call, { method: 'POST', headers, body: JSON.stringify(bodyOf(request)) }));
    },
    read: (taskId, within = {}) => look(taskId, within),
    async result(taskId, { deadlineMs, signal }) {
      const until = performance.now() + deadlineMs;
      for (;;) {
        const left = until - performance.now();
        const waitSeconds = Math.max(0, Math.min(LONGEST_WAIT_S, Math.floor(left / 1_000)));
        const task = await look(taskId, { signal, ms: Math.min(left, 1_000 * waitSeconds + callMs), waitSeconds }).catch((error: unknown) => {
          if (error instanceof TaskError && error.retryable) return 'later' as const;
          throw error;
        });
        if (task === null) throw new TaskError('task_not_found', 'The organization has no such task, or it is no longer kept.', { status: 404 });
        if (task !== 'later' && task.error) throw new TaskError(task.error.code, task.error.detail);
        if (task !== 'later' && task.result) return task.result;
        if (performance.now() + pollMs > until)
          throw new TaskError('deadline_exceeded', `The task has not ended within ${deadlineMs} ms; it goes on.`, { retryable: true });
        await delay(pollMs, undefined, { signal });
      }
    },
  };
}

const bodyOf = ({ task, input = {}, callback, deadlineSeconds, ...place }: TaskRequest): object => ({
  ...(isAccount(place) ? { endpoint: place.endpoint } : { portal_type: place.portalType }),
  task,
  input,
  callback,
  deadline_seconds: deadlineSeconds,
});

const isAccount = (place: TaskPlace): place is { readonly endpoint: string } => 'endpoint' in place;

function parsed(body: unknown): Task {
  const task = taskSchema.safeParse(body);
  if (!task.success) throw new TaskError('answer_invalid', 'The API answered something that is no task.');
  return task.data;
}
