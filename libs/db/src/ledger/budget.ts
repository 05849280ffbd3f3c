import { RcmError } from '@rcm/telemetry';
import type { Database, Transaction } from '../database.ts';

/** A portal's limits as they hold for one identity; where it lies under several portal types, the strictest of each. */
export interface LockoutLimits {
  /** Failures after which the portal locks. */
  readonly threshold: number;
  /** How many of these we may cause ourselves. */
  readonly budget: number;
  readonly windowSeconds: number;
}

/** What the ledger says about an identity now. */
export interface LedgerState {
  readonly limits: LockoutLimits;
  /** Failures in the window that no accepted login has wiped out; attempts without an outcome are among them. */
  readonly failures: number;
  /** Of these, the ones that are being made right now, under a live lease. */
  readonly inFlight: number;
  /** When the oldest failure leaves the window. */
  readonly oldestLeavesAt: Date | null;
  readonly newestLeavesAt: Date | null;
  /** End of the window after a login that the portal answered with "locked". */
  readonly lockedUntil: Date | null;
  /** Whether one text for wrong and locked was among the failures. */
  readonly mayBeLocked: boolean;
  readonly throttledUntil: Date | null;
  readonly now: Date;
}

/**
 * Reads the ledger of one identity in one statement, so all figures belong together.
 *
 * Portals count consecutive failures, so an accepted login wipes out what came before it. "Before" is careful: two logins can
 * overlap, and which of them the portal saw first is not known, so a failure is wiped out only if it had FINISHED when the
 * accepted one began. An attempt without an outcome (its process died) counts as a failure; it is wiped out by an accepted login
 * that began after it, once its lease is dead. A login that got past the password (`password_expired`, `change_forced`) is no failure
 * and no acceptance. Everything else that was sent counts, also what we did not understand.
 */
export async function ledgerState(client: Transaction, loginIdentity: string): Promise<LedgerState> {
  const [row] = await client.$queryRaw<(Omit<LedgerState, 'limits'> & LockoutLimits)[]>`
    WITH limits AS (
      SELECT min(p.lockout_threshold)::int AS threshold, min(p.lockout_threshold - p.lockout_margin)::int AS budget, max(p.lockout_window_seconds)::int AS seconds
        FROM integration_endpoint e JOIN portal_type p ON p.code = e.portal_type_code WHERE e.login_identity = ${loginIdentity}
    ), accepted AS (
      SELECT started_at FROM login_attempt WHERE login_identity = ${loginIdentity} AND outcome = 'accepted' ORDER BY started_at DESC LIMIT 1
    ), recent AS (
      SELECT a.*, a.started_at + make_interval(secs => l.seconds) AS leaves_at, coalesce(a.finished_at, a.started_at) + make_interval(secs => l.seconds) AS unlocks_at,
             a.outcome IS NULL AND EXISTS (SELECT 1 FROM login_lease w WHERE w.id = a.lease_id AND w.expires_at > clock_timestamp()) AS in_flight
        FROM login_attempt a CROSS JOIN limits l
       WHERE a.login_identity = ${loginIdentity} AND a.started_at > now() - make_interval(secs => l.seconds)
    ), counted AS (
      SELECT r.* FROM recent r LEFT JOIN accepted ok ON true
       WHERE (r.outcome IS NULL OR r.outcome NOT IN ('accepted', 'not_submitted', 'password_expired', 'change_forced'))
         AND (ok.started_at IS NULL OR r.in_flight OR coalesce(r.finished_at, r.started_at) > ok.started_at)
    )
    SELECT l.threshold, l.budget, l.seconds AS "windowSeconds",
           (SELECT count(*) FROM counted)::int AS failures,
           (SELECT count(*) FROM counted WHERE in_flight)::int AS "inFlight",
           (SELECT min(leaves_at) FROM counted) AS "oldestLeavesAt",
           (SELECT max(leaves_at) FROM counted) AS "newestLeavesAt",
           (SELECT max(unlocks_at) FROM counted WHERE outcome = 'locked') AS "lockedUntil",
           (SELECT coalesce(bool_or(outcome = 'rejected_or_locked'), false) FROM counted) AS "mayBeLocked",
           (SELECT max(throttled_until) FROM login_attempt WHERE login_identity = ${loginIdentity} AND throttled_until > clock_timestamp()) AS "throttledUntil",
           clock_timestamp() AS now
      FROM limits l`;
  if (!row || row.threshold === null) throw new RcmError('state_conflict', 'No endpoint has this login identity, so no lockout limit is known for it.');
  const { threshold, budget, windowSeconds, ...state } = row;
  return { limits: { threshold, budget, windowSeconds }, ...state };
}

/** How long to wait before asking again when only logins in flight use the budget up (milliseconds). */
const IN_FLIGHT_PAUSE_MS = 2_000;

/**
 * Whether one more login may be made, by the count alone; `null` if so. `locked` where the portal said so, or may have said so in the one
 * text it has for wrong and locked once the threshold could have been reached: then the whole window must pass.
 */
export function budgetRefusal(state: LedgerState): { readonly reason: 'locked' | 'throttled' | 'budget_spent'; readonly until: Date | null } | null {
  const { now, limits } = state;
  if (state.lockedUntil && state.lockedUntil > now) return { reason: 'locked', until: state.lockedUntil };
  const settled = state.failures - state.inFlight;
  if (state.mayBeLocked && settled >= limits.budget) return { reason: 'locked', until: state.newestLeavesAt };
  if (state.throttledUntil && state.throttledUntil > now) return { reason: 'throttled', until: state.throttledUntil };
  if (state.failures < limits.budget) return null;
  return { reason: 'budget_spent', until: settled < limits.budget ? new Date(now.getTime() + IN_FLIGHT_PAUSE_MS) : state.oldestLeavesAt };
}

/**
 * How many failures may still be caused; 0 while locked or throttled. `until`: when that gets better. Only a look: what counts is
 * the answer of `beginLoginAttempt`. Fails with `state_conflict` for an identity that no endpoint has.
 */
export async function remainingBudget(
  db: Database,
  { orgId, loginIdentity }: { readonly orgId: string; readonly loginIdentity: string },
): Promise<{ readonly failuresLeft: number; readonly until: Date | null }> {
  const state = await db.transaction({ tenant: orgId }, (tx) => ledgerState(tx, loginIdentity));
  const refusal = budgetRefusal(state);
  if (refusal) return { failuresLeft: 0, until: refusal.until };
  return { failuresLeft: state.limits.budget - state.failures, until: state.oldestLeavesAt };
}
