import type { ContractName, ContractRow, TaskDoubt, TaskOutcome, TaskRow } from '@rcm/portal-drivers';
import { type ErrorCode, isRcmError, isRetryable, type RcmError } from '@rcm/telemetry';

/** What becomes of a task after one try. */
export type Verdict =
  | { readonly kind: 'succeeded'; readonly result: TaskResult }
  /** Back to the queue without a try being counted: nothing went wrong, the login was busy or being changed. */
  | {
      readonly kind: 'put_off';
      readonly reason: string;
      /** When asking again makes sense, where the refusal named a moment. */
      readonly until?: Date;
    }
  /** Back to the queue, and one try is spent. */
  | { readonly kind: 'retry'; readonly code: ErrorCode; readonly message: string }
  | { readonly kind: 'failed'; readonly code: ErrorCode; readonly message: string };

/** What was written of it. `lost`: nothing, since the task was cancelled while it was done, or another worker has it; what the try came to is nobody's. */
export type WrittenVerdict = Verdict | { readonly kind: 'lost' };

export interface TaskResult {
  /** `false`: the portal answered that it knows nothing of what was asked. A result, not an error. */
  readonly found: boolean;
  readonly rows: readonly (TaskRow | ContractRow)[];
  /** The contract that every row fulfils, where the task has one. */
  readonly contract?: ContractName;
  /** The record that the task reads, where it reads one. */
  readonly fields?: TaskRow;
  /** The file that the portal gave, where the task asks for one. */
  readonly file?: { readonly name: string; readonly contentType: string; readonly base64: string };
  /** What on the page speaks against the rows being all; left out where nothing does. */
  readonly doubts?: readonly TaskDoubt[];
}

/** The result of a task whose portal answered, or `null` where the outcome is an error. */
export function resultOf(outcome: TaskOutcome): TaskResult | null {
  if (outcome.kind === 'found') {
    const { rows, contract, fields, file, doubts } = outcome;
    const written = file && { name: file.name, contentType: file.contentType, base64: Buffer.from(file.bytes).toString('base64') };
    return {
      found: true,
      rows,
      ...(contract ? { contract } : {}),
      ...(fields ? { fields } : {}),
      ...(written ? { file: written } : {}),
      ...(doubts ? { doubts } : {}),
    };
  }
  if (outcome.kind === 'nothing_found') return { found: false, rows: [] };
  return null;
}

/** The task waits for its turn and nothing is wrong with it: a rotation, another task, a process that ends or has no browser, a key that is not to be had now, a decision that nobody has made yet. */
const PUT_OFF: ReadonlySet<ErrorCode> = new Set([
  'lease_unavailable',
  'lease_lost',
  'login_not_allowed',
  'automation_undecided',
  'data_key_unavailable',
  'browser_unavailable',
  'cancelled',
]);

/**
 * Waited for as long as the task may take: an outage of an hour must not use up the tries of all that waits. A database whose disk is full, or that has no connection
 * left, takes some writes and refuses others: the ledger's line may fail where the task's own row can be written.
 */
const AWAY: ReadonlySet<ErrorCode> = new Set(['store_unavailable', 'store_throttled', 'database_unavailable', 'audit_unavailable']);
/** Each task asks anew. */
const AWAY_PAUSE_MS = 30_000;

/**
 * Follows the table of error codes: rejected and locked are never tried again, and neither is an error of our own that has no code. A portal that says until when it is away
 * is waited for till then: no try is spent on what it has said.
 */
export function verdictOf(error: unknown, now: Date): Verdict {
  if (!isRcmError(error)) return { kind: 'failed', code: 'portal_unexpected', message: 'An unexpected error; see the log.' };
  const until = untilOf(error);
  if (AWAY.has(error.code)) return { kind: 'put_off', reason: error.code, until: new Date(now.getTime() + AWAY_PAUSE_MS) };
  if (PUT_OFF.has(error.code)) return { kind: 'put_off', reason: reasonOf(error), ...(until ? { until } : {}) };
  if (error.code === 'portal_unavailable' && until && until > now) return { kind: 'put_off', reason: error.code, until };
  return { kind: isRetryable(error) ? 'retry' : 'failed', code: error.code, message: error.message };
}

/**
 * A try that was stopped from outside looks as if the portal had failed; it says nothing about the portal, so no try is spent. What the
 * portal did say (a refusal, a lock) stands. A task past its deadline is not put off any more.
 */
export function whenStopped(verdict: Verdict, { stopped, late }: { readonly stopped: boolean; readonly late: boolean }): Verdict {
  if (verdict.kind === 'succeeded' || verdict.kind === 'failed') return verdict;
  if (late) return { kind: 'failed', code: 'deadline_exceeded', message: 'The task was not done by its deadline.' };
  return stopped && verdict.kind === 'retry' ? { kind: 'put_off', reason: 'cancelled' } : verdict;
}

/** What would be tried again has failed where no try is left. */
export const whenLast = (verdict: Verdict, { last }: { readonly last: boolean }): Verdict =>
  last && verdict.kind === 'retry' ? { ...verdict, kind: 'failed' } : verdict;

/** A person may end a cool-down or a lock before its time, and then nobody tells the tasks that wait. */
const LONGEST_PUT_OFF_MS = 300_000;

/** After how many ms a task that was put off comes back: at the moment that the refusal named, but no sooner than `leastMs`, and within five minutes where that is longer. */
export function putOffDelay({ until }: { readonly until?: Date }, { leastMs, now }: { readonly leastMs: number; readonly now: Date }): number {
  const wanted = until ? Math.min(until.getTime() - now.getTime(), LONGEST_PUT_OFF_MS) : leastMs;
  return Math.max(leastMs, wanted);
}

/** A portal that is away for longer than a day is looked at once a day. */
const LONGEST_RETRY_MS = 86_400_000;

/** After how many ms a task comes back once `tries` are spent: `firstMs`, doubled with each, and a day at most. */
export const retryDelay = (tries: number, firstMs: number): number => Math.min(firstMs * 2 ** (tries - 1), LONGEST_RETRY_MS);

/** `null`: none is named. */
function untilOf({ details }: RcmError): Date | null {
  const { until } = details;
  const at = typeof until === 'string' ? new Date(until) : null;
  return at && !Number.isNaN(at.getTime()) ? at : null;
}

function reasonOf(error: RcmError): string {
  const reason = error.details.reason;
  return typeof reason === 'string' ? reason : error.code;
}
