import type { Secret } from '@rcm/telemetry';
import type { CodeLife } from './recipe/code-life.ts';
import type { ChangeOutcome, ConfirmResult, LoginResult, TaskOutcome } from './outcome.ts';

/** What a driver may type. Nothing else of a payload reaches a page unless the recipe names it (`custom.<name>`). */
export interface PortalCredential {
  readonly username: Secret<string>;
  readonly password: Secret<string>;
  readonly custom: Readonly<Record<string, Secret<string>>>;
  /** What a page might show though nothing types it (the MFA seed): masked in evidence and messages. */
  readonly neverTyped?: readonly Secret<string>[];
  /** Masked likewise (short backup codes), but not looked for in results: among many of them one would be found by chance. */
  readonly onlyMasked?: readonly Secret<string>[];
}

export interface StepOptions {
  /** Milliseconds for the whole act. */
  readonly deadlineMs: number;
  readonly signal: AbortSignal;
}

export interface SubmitOptions extends StepOptions {
  /**
   * Asked once `beforeSubmit` has come back, right before each thing leaves; `false`: nothing leaves any more. Between the two a machine may have slept, whose timers
   * and monotonic clock know nothing of it. Default: `true`.
   */
  readonly mayLeave?: (() => boolean) | undefined;
}

export interface LoginOptions extends SubmitOptions {
  readonly credential: PortalCredential;
  /** Gives a code that was never used before and is still valid, or `null` where none is left; `null`: the login has nothing to make one of. Called at most once a login, right before typing. */
  readonly totp: (() => Promise<Secret<string> | null>) | null;
  /** Called right before the credentials leave the browser; what it awaits (a ledger row) is committed first. If it throws, nothing is sent. */
  readonly beforeSubmit: () => Promise<void>;
  /** By what the portal is to know the device, as an earlier login's result had it; what the recipe does not name is left out. Default: it knows none. */
  readonly device?: Secret<object> | null | undefined;
}

/** Stands before the current password where a change asks for it on a page of its own, before anything of the new one is typed. */
export interface ConfirmGuard {
  /** Called right before the current password leaves the browser; what it awaits (a ledger row) is committed first. If it throws, nothing is sent and the change ends with that. */
  before(asked: { /** Whether the portal counts a wrong one towards its lock, as far as the recipe says it. */ readonly counts: boolean }): Promise<void>;
  /** Told once how it ended, after `before` came back. If it throws, the change ends before it is submitted. */
  after(result: ConfirmResult): Promise<void>;
}

export interface ChangeOptions extends SubmitOptions {
  readonly credential: PortalCredential;
  readonly newPassword: Secret<string>;
  /** As of a login, where the change asks for a code before its submit. Without one, such a change is not submitted. */
  readonly totp: (() => Promise<Secret<string> | null>) | null;
  readonly confirm: ConfirmGuard;
  /** Called right before the browser's POST is let out (docs/design.md, Rotation: the submitting row is committed first). If it throws, nothing is sent. */
  readonly beforeSubmit: () => Promise<void>;
}

export interface TaskOptions extends StepOptions {
  readonly name: string;
  readonly input: Readonly<Record<string, string>>;
}

/** A browser context that belongs to one login. Closing it forgets its cookies; no state is on disk. */
export interface PortalSession {
  /**
   * How a login ended is always a result; thrown is only what `beforeSubmit` threw, and `portal_unexpected` on a session whose
   * last login or change ended as `unknown`, `unavailable` or `host_moved`: such a session can only be closed. Every login begins without the cookies of the one before.
   */
  login(options: LoginOptions): Promise<LoginResult>;
  /** As `login`. A new password that its field cannot hold is `refused` as `too_long` without `beforeSubmit` being called. */
  changePassword(options: ChangeOptions): Promise<ChangeOutcome>;
  /** Fails with `task_unknown` and `task_input_invalid`. */
  runTask(options: TaskOptions): Promise<TaskOutcome>;
  /** Whether the page still shows the recipe's "logged in" mark. Sends no credential. */
  isLoggedIn(options: StepOptions): Promise<boolean>;
  /** Logs out if the recipe says how and the last act ended well (at most three seconds, or what the recipe says), then forgets everything. May be called again. */
  close(): Promise<void>;
}

/** How a portal remembers a device. */
export interface DeviceRules {
  readonly days: number;
  /** A change of the password makes it forget. */
  readonly forgottenOnChange: boolean;
}

/** What opens a session at one portal. A recipe is a driver as data; code drivers implement the same. */
export interface PortalDriver {
  /** Identity of what drives: the recipe's SHA-256, pinned by a rotation attempt. */
  readonly hash: string;
  /** Whether and how long its portal remembers a device. Left out: it remembers none. */
  readonly device?: DeviceRules | undefined;
  /** For how long a code that its portal has sent is good. Left out: for the login that it was sent for. */
  readonly codeLife?: CodeLife | undefined;
  /** Opens a fresh context on the portal at `baseUrl`, whose origin must be one the portal type declares. */
  openSession(options: { readonly baseUrl: string; readonly signal: AbortSignal }): Promise<PortalSession>;
}
