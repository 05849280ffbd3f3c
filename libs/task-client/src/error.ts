/** Why a call to the API, or a task, came to no result. */
export class TaskError extends Error {
  override readonly name = 'TaskError';
  /**
   * Stable. Of the API (`token_expired`, `token_invalid`, `scope_missing`, `task_input_invalid`, `idempotency_conflict`, …), of a task that failed (`login_rejected`,
   * `portal_unavailable`, …), or of this client: `unreachable`, `answer_invalid`, `deadline_exceeded`.
   */
  readonly code: string;
  /** Of the API's answer; `null` where there was none, or where it is the task that failed. */
  readonly status: number | null;
  /** Whether the very same call may be made again as it is. */
  readonly retryable: boolean;

  constructor(code: string, message: string, options: { readonly status?: number; readonly retryable?: boolean; readonly cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.status = options.status ?? null;
    this.retryable = options.retryable ?? false;
  }
}
