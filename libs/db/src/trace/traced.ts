/** Who asked for what, when and why; `null` in what the rows and the audit trail do not say (of before it was kept). */
export interface TracedRequest {
  readonly kind: 'task' | 'rotation';
  /** Of the task, or of the request for the rotation; `null`: nobody asked for this rotation, its `what` says why it was. */
  readonly id: string | null;
  readonly by: string | null;
  readonly issuer: string | null;
  readonly at: Date | null;
  /** The task's name, or why it was rotated. */
  readonly what: string | null;
  readonly reason: string | null;
}

/** One use of a login: by a login of the ledger, or of a session that one opened before. */
export interface TracedUse {
  readonly session: 'opened' | 'kept';
  readonly loginAttemptId: string;
  readonly leaseId: string;
  readonly process: string | null;
  readonly version: string;
  readonly at: Date;
  /** When the login was answered; `null` for a kept session, and where no answer was written down. */
  readonly until: Date | null;
  readonly outcome: string | null;
}

export interface TracedEvent {
  readonly seq: bigint;
  readonly at: Date;
  readonly actor: string;
  readonly action: string;
  readonly subject: string;
  readonly reason: string;
}
