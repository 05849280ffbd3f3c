/**
 * Every failure of this platform has a stable `code`. The table says, in one place, whether the same act may simply be
 * tried again later. A wrong password, a lockout and anything that smells of another tenant never may.
 */
const RETRYABLE = {
  // configuration and input
  config_invalid: false,
  input_invalid: false,
  // references and payloads
  reference_invalid: false,
  reference_not_yours: false,
  payload_invalid: false,
  payload_too_large: false,
  // secret stores
  secret_missing: false,
  secret_exists: false,
  store_denied: false,
  store_throttled: true,
  store_unavailable: true,
  store_conflict: false,
  store_full: false,
  // database
  database_unavailable: true,
  audit_unavailable: true,
  database_failed: false,
  endpoint_unknown: false,
  endpoint_retired: false,
  state_conflict: false,
  row_edited: false,
  data_key_unavailable: true,
  task_data_unreadable: false,
  // leases and ledger
  lease_unavailable: true,
  lease_lost: true,
  login_not_allowed: true,
  // rotation
  rotation_refused: false,
  rotation_manual: false,
  // what a portal's terms allow
  automation_undecided: true,
  automation_forbidden: false,
  // portals
  login_rejected: false,
  login_locked: false,
  login_throttled: true,
  login_challenged: false,
  login_mfa_required: false,
  login_mfa_rejected: true,
  login_password_expired: false,
  login_change_forced: false,
  portal_unavailable: true,
  portal_unexpected: true,
  address_refused: false,
  recipe_invalid: false,
  task_unknown: false,
  task_input_invalid: false,
  contract_unmet: false,
  idempotency_conflict: false,
  task_not_found: false,
  callback_unknown: false,
  // callers of the HTTP API
  token_invalid: false,
  token_expired: false,
  scope_missing: false,
  identity_unavailable: true,
  request_invalid: false,
  rate_exceeded: true,
  queue_full: true,
  // process
  browser_unavailable: true,
  deadline_exceeded: true,
  cancelled: true,
} as const;

export type ErrorCode = keyof typeof RETRYABLE;

export const errorCodes = Object.keys(RETRYABLE) as readonly ErrorCode[];

export interface RcmErrorOptions {
  readonly cause?: unknown;
  /** Facts that are safe to log: ids, counts, times. Never a secret, never a user name. */
  readonly details?: Readonly<Record<string, string | number | boolean | null>>;
}

/** The one error base. `message` says what happened in words a person can act on and never holds a secret. */
export class RcmError extends Error {
  override readonly name = 'RcmError';
  readonly code: ErrorCode;
  readonly details: Readonly<Record<string, string | number | boolean | null>>;

  constructor(code: ErrorCode, message: string, options: RcmErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.details = options.details ?? {};
  }

  get retryable(): boolean {
    return RETRYABLE[this.code];
  }
}

export const isRcmError = (error: unknown): error is RcmError => error instanceof RcmError;

export const hasCode = (error: unknown, ...codes: readonly ErrorCode[]): error is RcmError => isRcmError(error) && codes.includes(error.code);

/** Unknown errors are not retried: what is not understood is not repeated against an account that can be locked. */
export const isRetryable = (error: unknown): boolean => isRcmError(error) && error.retryable;
