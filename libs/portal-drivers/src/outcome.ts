import type { Secret } from '@rcm/telemetry';
import type { Money } from './contract/contract.ts';
import type { ContractName } from './contract/contracts.ts';

/**
 * An answer that the portal gives only after a correct password, as far as the recipe says so (`proves_password`); without
 * `provesPassword` it says nothing about the password.
 */
interface MayProve {
  readonly provesPassword?: true;
}

/** Until when the answer holds, where the portal or the recipe tells it. */
interface MayEnd {
  readonly until?: Date;
}

/** How a login ended (docs/design.md, Login). The portal's own words decide; anything unclear is `unknown`. */
export type LoginOutcome =
  | { readonly kind: 'accepted'; /** When the password expires, where the portal says so. */ readonly passwordExpiresAt?: Date }
  | { readonly kind: 'rejected' }
  /** One text for wrong password and locked account: counted as a rejection, as locked once the threshold could have been reached. */
  | ({ readonly kind: 'rejected_or_locked' } & MayEnd)
  | ({ readonly kind: 'locked' } & MayEnd)
  | ({ readonly kind: 'throttled' } & MayEnd)
  | ({ readonly kind: 'challenged' } & MayProve & MayEnd)
  | ({ readonly kind: 'mfa_required' } & MayProve & MayEnd)
  | ({ readonly kind: 'mfa_rejected' } & MayProve & MayEnd)
  | ({ readonly kind: 'password_expired' } & MayProve)
  | ({ readonly kind: 'change_forced' } & MayProve)
  | ({ readonly kind: 'unavailable'; readonly detail: string } & MayEnd)
  /** The sign-in leads to a host that is not declared, or whose name cannot be resolved: it has moved, and recipe or portal type must follow. */
  | { readonly kind: 'host_moved'; readonly host: string; readonly detail: string }
  | { readonly kind: 'unknown'; readonly detail: string };

export type LoginOutcomeKind = LoginOutcome['kind'];

/**
 * Whether the credentials left the browser. `false` is a promise: the portal cannot have counted an attempt.
 * The ledger frees the attempt only then.
 */
export interface LoginResult {
  readonly outcome: LoginOutcome;
  readonly submitted: boolean;
  /** Of an accepted login: by what the portal knows the device from now on. Left out: by nothing that the recipe names. */
  readonly device?: KnownDevice | undefined;
}

/** `isNew`: it is another one than was given. */
export interface KnownDevice {
  readonly state: Secret<object>;
  readonly isNew: boolean;
}

/**
 * How a password change ended at the portal. `unknown` may have been applied: only a login tells. `submitted` says whether
 * the new password may have left the browser; `false` is a promise that the portal's password is unchanged.
 */
export type ChangeOutcome =
  | {
      readonly kind: 'applied';
      readonly submitted: true;
      /** Whether the session that made the change goes on, where the recipe says it. */
      readonly session?: 'kept' | 'ended';
    }
  | ({
      readonly kind: 'refused';
      /** The portal's rule, as the recipe names it (`too_long`, `reused`, …). `code_wanted`: it asks for a one-time code that the login does not have. */
      readonly rule: string;
      readonly submitted: boolean;
    } & MayEnd)
  | { readonly kind: 'unknown'; readonly detail: string; readonly submitted: boolean };

/** How the page ended that asks for the current password before a change. */
export type ConfirmEnd =
  | { readonly kind: 'confirmed' | 'unknown' }
  | ({ readonly kind: 'refused'; /** `current_wrong`, or what else was wrong. */ readonly rule: string } & MayEnd)
  | ({ readonly kind: 'locked' } & MayEnd);

/** `submitted: false` is a promise that the password has not left the browser. */
export interface ConfirmResult {
  readonly end: ConfirmEnd;
  readonly submitted: boolean;
}

/** A value of a result: text, number, or `null` where the page has none and the recipe allows that. Dates are `YYYY-MM-DD`, money is decimal text. */
export type TaskValue = string | number | null;

export type TaskRow = Readonly<Record<string, TaskValue>>;

/** What a page shows, word for word, under the recipe's names; `null` where it has none. */
export type PageWords = Readonly<Record<string, string | null>>;

/** A record as a contract has it, with what the page shows beside it as `raw`. */
export type ContractRow = Readonly<Record<string, TaskValue | Money | PageWords>>;

/** A file that the portal gave; nothing of it is on disk. */
export interface TaskFile {
  /** As the portal names it, without any path; `file` where it does not. */
  readonly name: string;
  readonly contentType: string;
  readonly bytes: Uint8Array;
}

/** What on the page speaks against the rows being all: a count of more that the recipe's `total` does not name, a pager that its `next_page` does not press. */
export const TASK_DOUBTS = ['more_rows_told', 'pager_not_pressed'] as const;
export type TaskDoubt = (typeof TASK_DOUBTS)[number];

export type TaskOutcome =
  | {
      readonly kind: 'found';
      /** Empty where the task returns no rows. */
      readonly rows: readonly (TaskRow | ContractRow)[];
      /** The contract that every row fulfils, where the task has one; what its fields read is then in the rows. */
      readonly contract?: ContractName;
      readonly fields?: TaskRow;
      readonly file?: TaskFile;
      /** Left out where there are none. */
      readonly doubts?: readonly TaskDoubt[];
    }
  | { readonly kind: 'nothing_found' }
  /** The session ended while the task ran (another login, a rotation, a time-out): log in again. */
  | { readonly kind: 'logged_out' }
  | ({ readonly kind: 'unavailable'; readonly detail: string } & MayEnd)
  /** The portal answered, and what it shows does not fit the task's contract: the recipe has to be mended. */
  | { readonly kind: 'unfit'; readonly detail: string }
  | { readonly kind: 'unknown'; readonly detail: string };
