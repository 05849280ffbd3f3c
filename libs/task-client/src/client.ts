import { setTimeout as delay } from 'node:timers/promises';
import { TaskError } from './error.ts';
import { problemSchema, type Task, type TaskPlace, type TaskRequest, type TaskResult, taskSchema } from './task.ts';

export interface TaskClientOptions {
  /** Of a web-agent's API, for example `https://agents.example`. */
  readonly baseUrl: string;
  /**
   * The bearer token for a call; asked before every one, so it may be renewed (a call with one that has run out fails with
   * `token_expired`). It names the organization. Asking needs the scope `tasks:write`, reading `tasks:read` or `tasks:read:org`.
   */
  readonly token: () => string | Promise<string>;
  /** For one call, in ms. Default 10,000. */
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

/** `null`: it is none. */
function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

interface Call {
  readonly signal?: AbortSignal | undefined;
  readonly ms?: number;
  /** `false`: made twice, it makes two tasks. Default `true`. */
  readonly repeatable?: boolean;
}

export function createTaskClient(options: TaskClientOptions): TaskClient {
  const { callMs = 10_000, pollMs = 1_000 } = options;
  const send = options.fetch ?? fetch;

  async function call(
    path: string,
    { signal, ms = callMs, repeatable = true }: Call,
    request: { readonly method?: string; readonly headers?: object; readonly body?: string } = {},
  ): Promise<unknown> {
    const token = await options.token();
    const limit = AbortSignal.timeout(Math.max(1, Math.round(ms)));
    const within = signal ? AbortSignal.any([signal, limit]) : limit;
    try {
      const response = await send(new URL(path, options.baseUrl), {
        ...request,
        headers: { ...request.headers, authorization: `Bearer ${token}` },
        redirect: 'error',
        signal: within,
      });
      const answer = await response.text();
      if (!response.ok) throw refusal(response.status, jsonIn(answer), { repeatable });
      // What is no JSON was cut off.
      return JSON.parse(answer) as unknown;
    } catch (cause) {
      if (cause instanceof TaskError || signal?.aborted) throw cause;
      const next = repeatable ? 'The same call may be made again.' : 'Without an idempotency key the same call may make a second task.';
      throw new TaskError('unreachable', `The web-agent’s API did not answer; nothing is known of what it did. ${next}`, { retryable: repeatable, cause });
    }
  }

  async function look(
    taskId: string,
    { waitSeconds = 0, ...within }: { readonly signal?: AbortSignal | undefined; readonly ms?: number; readonly waitSeconds?: number },
  ): Promise<Task | null> {
    try {
      return parsed(await call(`/v1/tasks/${encodeURIComponent(taskId)}${waitSeconds > 0 ? `?wait=${waitSeconds}` : ''}`, within));
    } catch (error) {
      if (error instanceof TaskError && error.code === 'task_not_found') return null;
      throw error;
    }
  }

  return {
    async ask({ task, input = {}, callback, deadlineSeconds, ...place }, { idempotencyKey, signal } = {}) {
      const headers = { 'content-type': 'application/json', ...(idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey }) };
      return parsed(
        await call(
          '/v1/tasks',
          { signal, repeatable: idempotencyKey !== undefined },
          {
            method: 'POST',
            headers,
            body: JSON.stringify({
              ...(isAccount(place) ? { endpoint: place.endpoint } : { portal_type: place.portalType }),
              task,
              input,
              callback,
              deadline_seconds: deadlineSeconds,
            }),
          },
        ),
      );
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

const isAccount = (place: TaskPlace): place is { readonly endpoint: string } => 'endpoint' in place;

/** A proxy that got no answer, or an API of which a part is away: the call may have been carried out. */
const MAY_BE_DONE: ReadonlySet<number> = new Set([502, 503, 504]);

function refusal(status: number, body: unknown, { repeatable }: { readonly repeatable: boolean }): TaskError {
  const problem = problemSchema.safeParse(body);
  const retryable = status === 429 || (MAY_BE_DONE.has(status) && repeatable);
  return problem.success
    ? new TaskError(problem.data.code, problem.data.detail, { status, retryable })
    : new TaskError('answer_invalid', `The API answered with status ${status} and no problem that could be read.`, { status, retryable });
}

function parsed(body: unknown): Task {
  const task = taskSchema.safeParse(body);
  if (!task.success) throw new TaskError('answer_invalid', 'The API answered something that is no task.');
  return task.data;
}
