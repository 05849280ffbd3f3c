/** How a login ended (DESIGN "Login"). The portal's own words decide; anything unclear is `unknown`. */
export type LoginOutcome =
  | { readonly kind: 'accepted'; /** The portal's own expiry notice, where it showed one. */ readonly passwordExpiresAt?: Date }
  | { readonly kind: 'rejected' }
  /** One text for wrong password and locked account: counted as a rejection, as locked once the threshold could have been reached. */
  | { readonly kind: 'rejected_or_locked' }
  | { readonly kind: 'locked' }
  | { readonly kind: 'throttled'; readonly until?: Date }
  | { readonly kind: 'challenged' }
  | { readonly kind: 'mfa_required' }
  | { readonly kind: 'mfa_rejected' }
  | { readonly kind: 'password_expired' }
  | { readonly kind: 'change_forced' }
  | { readonly kind: 'unavailable'; readonly detail: string }
  | { readonly kind: 'unknown'; readonly detail: string };

export type LoginOutcomeKind = LoginOutcome['kind'];

/**
 * Whether the credentials left the browser. `false` is a promise: the portal cannot have counted an attempt.
 * The ledger frees the attempt only then.
 */
export interface LoginResult {
  readonly outcome: LoginOutcome;
  readonly submitted: boolean;
}

/**
 * How a password change ended at the portal. `unknown` may have been applied: only a login tells. `submitted` says whether
 * the new password may have left the browser; `false` is a promise that the portal's password is unchanged.
 */
export type ChangeOutcome =
  | { readonly kind: 'applied'; readonly submitted: true }
  | { readonly kind: 'refused'; /** The portal's rule, as the recipe names it (`too_long`, `reused`, …). */ readonly rule: string; readonly submitted: boolean }
  | { readonly kind: 'unknown'; readonly detail: string; readonly submitted: boolean };

export type TaskOutcome =
  | { readonly kind: 'found'; readonly rows: readonly Readonly<Record<string, string>>[] }
  | { readonly kind: 'nothing_found' }
  /** The session ended while the task ran (another login, a rotation, a time-out): log in again. */
  | { readonly kind: 'logged_out' }
  | { readonly kind: 'unavailable'; readonly detail: string }
  | { readonly kind: 'unknown'; readonly detail: string };
