export type TaskState = 'queued' | 'running' | 'succeeded' | 'failed';

/** A piece of portal work. `input` and `result` may hold patients' data: never log them. */
export interface PortalTask {
  readonly id: string;
  readonly orgId: string;
  /** The account that is or was used; `null` before a task of a pool was lent one. */
  readonly endpointId: string | null;
  /** Where the asker left the account open: the portal whose accounts are a pool. */
  readonly portalTypeCode: string | null;
  readonly name: string;
  readonly input: Readonly<Record<string, string>>;
  readonly state: TaskState;
  readonly worker: string | null;
  readonly claimedUntil: Date | null;
  /** Claims that counted, this one included. */
  readonly tries: number;
  /** Times it was handed back. */
  readonly requeues: number;
  readonly requeueReason: string | null;
  readonly notBefore: Date;
  readonly result: unknown;
  readonly errorCode: string | null;
  readonly errorMessage: string | null;
  /** What has not ended by then fails. */
  readonly deadlineAt: Date;
  readonly createdAt: Date;
  /** Of the last claim. */
  readonly startedAt: Date | null;
  readonly finishedAt: Date | null;
  /** `token:SUBJECT` or `terminal:NAME`; `null` in tasks of before this was kept. */
  readonly requestedBy: string | null;
  /** Of a token: who issued it. */
  readonly requestedIssuer: string | null;
  /** Which of the organization's callbacks is told of its end. */
  readonly callback: string | null;
}

/** A task that a worker has taken: it has an account. */
export type ClaimedTask = PortalTask & { readonly endpointId: string };
