/** A callback in the hands of one sender: that a task has ended, and for whom. Nothing of what it was asked with, and nothing that came of it. */
export interface ClaimedCallback {
  readonly taskId: string;
  readonly orgId: string;
  /** Which of the organization's callbacks. */
  readonly name: string;
  /** Tries, this one included. */
  readonly tries: number;
  /** Since the task ended. */
  readonly ageMs: number;
  readonly task: EndedTask;
}

/** What may be told of an ended task: ids, codes and times. */
export interface EndedTask {
  readonly name: string;
  readonly endpointId: string | null;
  readonly portalTypeCode: string | null;
  readonly state: 'succeeded' | 'failed';
  /** Of one that failed. */
  readonly errorCode: string | null;
  readonly createdAt: Date;
  readonly startedAt: Date | null;
  readonly finishedAt: Date;
}

/** How the callback of a task stands. */
export interface CallbackState {
  readonly name: string;
  /** `failing`: the receiver has not taken it yet and it is tried again; `given up`: nobody tries any more. */
  readonly state: 'delivered' | 'waiting' | 'failing' | 'given up';
  /** When it was delivered or given up; of another, before when it is not tried. `null`: the task has not ended. */
  readonly at: Date | null;
  readonly tries: number;
  /** In a word, and the status that the receiver gave. */
  readonly error: string | null;
}
