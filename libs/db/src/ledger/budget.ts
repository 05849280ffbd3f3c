import { RcmError } from '@rcm/telemetry';
import type { Database, RawTransaction } from '../database.ts';
import { noteEndedProcesses } from './ended.ts';

/** A portal's limits as they hold for one identity; where it lies under several portal types, the strictest of each. */
interface LockoutLimits {
  /** Failures after which the portal locks. */
  readonly threshold: number;
  /** How many of these we may cause ourselves. */
  readonly budget: number;
  /** `null`: time forgives nothing. */
  readonly windowSeconds: number | null;
  /** Whether an accepted login makes the portal forget what came before it. */
  readonly successForgives: boolean;
}

/** What the ledger says about an identity now. */
export interface LedgerState {
  readonly limits: LockoutLimits;
  /** Failures that the portal still counts; attempts without an outcome are among them. */
  readonly failures: number;
  /** Of these, the ones that are being made right now, under a live lease. */
  readonly inFlight: number;
  /** Attempts of the last day without an outcome that are not among the failures any more: a process that stood still, and has not ended, may send one yet. */
  readonly late: number;
  /** When the oldest failure leaves the window; `null`: there is none, or none ever leaves. */
  readonly oldestLeavesAt: Date | null;
  readonly newestLeavesAt: Date | null;
  /** End of the lock after a login that the portal answered with "locked". */
  readonly lockedUntil: Date | null;
  /** Locked until a person says that the portal's support has unlocked it. */
  readonly lockedForGood: boolean;
  /** Whether one text for wrong and locked was among the failures. */
  readonly mayBeLocked: boolean;
  readonly throttledUntil: Date | null;
  readonly now: Date;
}

/**
 * Reads the ledger of one identity. The counting is a function of the database
 * (`rcm_login_ledger`), because a portal counts the attempts of every organization that uses the account, and no tenant may see another's.
 *
 * Portals count in three ways (docs/adr/0013): failures in a row, which an accepted login wipes out; failures in a window, whatever
 * succeeds in between; failures until somebody unlocks. "Before" is careful: two logins can overlap, and which of them the portal saw
 * first is not known, so a failure is wiped out only if it had FINISHED when the accepted one began. An attempt without an outcome (its
 * process died) counts as a failure; it is wiped out by an accepted login that began after it, once its lease is dead. A login that got past the
 * password (`password_expired`, `change_forced`) is no failure and no acceptance. Everything else that was sent counts, also what we did not
 * understand; a wrong one-time code does where the portal counts them.
 */
export async function ledgerState(tx: RawTransaction, loginIdentity: string): Promise<LedgerState> {
  const [row] = await tx.$queryRaw<(Omit<LedgerState, 'limits'> & LockoutLimits)[]>`
    SELECT threshold, budget, window_seconds AS "windowSeconds", success_forgives AS "successForgives", failures, in_flight AS "inFlight", late,
           oldest_leaves_at AS "oldestLeavesAt", newest_leaves_at AS "newestLeavesAt", locked_until AS "lockedUntil", locked_for_good AS "lockedForGood",
           may_be_locked AS "mayBeLocked", throttled_until AS "throttledUntil", now
      FROM rcm_login_ledger(${loginIdentity})`;
  if (!row) throw new RcmError('state_conflict', 'No endpoint of the organization has this login identity, so no lockout limit is known for it.');
  const { threshold, budget, windowSeconds, successForgives, ...state } = row;
  return { limits: { threshold, budget: withoutLast(threshold, budget), windowSeconds, successForgives }, ...state };
}

/**
 * Whatever is left to people, the failure at which the portal locks is never ours. Only where the very first one locks is there a login at all, since nobody could
 * work there otherwise.
 */
const withoutLast = (threshold: number, budget: number): number => Math.min(budget, Math.max(threshold - 1, 1));

/** The ledger for whoever wants to log in: where attempts may be held against it that have no answer, it is looked whether they still can come. */
export async function askedLedger(tx: RawTransaction, loginIdentity: string): Promise<LedgerState> {
  const state = await ledgerState(tx, loginIdentity);
  if (state.late > 0 || state.failures > state.inFlight) await noteEndedProcesses(tx, loginIdentity);
  return state;
}

/**
 * How many failures may still be caused, by the count alone. One that may come late takes up a place of the budget like one that is counted, but never the
 * last one: a login whose process died is no reason to keep everybody out for a day.
 */
export const failuresLeft = ({ failures, late, limits: { budget } }: Pick<LedgerState, 'failures' | 'late' | 'limits'>): number =>
  budget - failures - Math.min(late, budget - 1);

/** How long to wait before asking again when only logins in flight use the budget up (milliseconds). */
const IN_FLIGHT_PAUSE_MS = 2_000;
/** The same where only what may come late does: whether its process has ended is known after minutes. */
const LATE_PAUSE_MS = 60_000;

/**
 * Whether one more login may be made, by the count alone; `null` if so. `locked` where the portal said so, or may have said so in the one
 * text it has for wrong and locked once the threshold could have been reached: then the whole window must pass.
 */
export function budgetRefusal(state: LedgerState): { readonly reason: 'locked' | 'throttled' | 'budget_spent'; readonly until: Date | null } | null {
  const { now, limits } = state;
  if (state.lockedForGood) return { reason: 'locked', until: null };
  if (state.lockedUntil && state.lockedUntil > now) return { reason: 'locked', until: state.lockedUntil };
  const ended = state.failures - state.inFlight;
  if (state.mayBeLocked && ended >= limits.budget) return { reason: 'locked', until: state.newestLeavesAt };
  if (state.throttledUntil && state.throttledUntil > now) return { reason: 'throttled', until: state.throttledUntil };
  if (failuresLeft(state) > 0) return null;
  if (ended >= limits.budget) return { reason: 'budget_spent', until: state.oldestLeavesAt };
  return { reason: 'budget_spent', until: new Date(now.getTime() + (state.inFlight > 0 ? IN_FLIGHT_PAUSE_MS : LATE_PAUSE_MS)) };
}

/** Failures that are left when a password is tried again that was refused: whoever searches for the right one needs them. */
const RESERVE = 1;

/**
 * A password that was refused is tried again only where its failure would not be the last one: with the whole budget, or with one to spare.
 * Where neither time nor success brings the budget back, what is left is all there will ever be.
 */
export function reserveRefusal(state: LedgerState): { readonly reason: 'budget_spent'; readonly until: Date | null } | null {
  const { failures, limits } = state;
  if (failures === 0 || limits.budget - failures > RESERVE || limits.windowSeconds === null) return null;
  return { reason: 'budget_spent', until: state.newestLeavesAt };
}

/**
 * How many failures may still be caused; 0 while locked or throttled. `until`: when that gets better. Only a look: what counts is
 * the answer of `beginLoginAttempt`. Fails with `state_conflict` for an identity that no endpoint of the organization has.
 */
export async function remainingBudget(
  db: Database,
  { orgId, loginIdentity }: { readonly orgId: string; readonly loginIdentity: string },
): Promise<{ readonly failuresLeft: number; readonly until: Date | null }> {
  const state = await db.rawTransaction({ tenant: orgId }, (tx) => askedLedger(tx, loginIdentity));
  const refusal = budgetRefusal(state);
  if (refusal) return { failuresLeft: 0, until: refusal.until };
  return { failuresLeft: failuresLeft(state), until: state.oldestLeavesAt };
}

/** Whether nothing counts against the account: no failure, nothing that may come late, no lock. Only a look, and it marks nothing. Fails as `remainingBudget`. */
export async function hasFullBudget(db: Database, { orgId, loginIdentity }: { readonly orgId: string; readonly loginIdentity: string }): Promise<boolean> {
  const state = await db.rawTransaction({ tenant: orgId }, (tx) => ledgerState(tx, loginIdentity));
  return state.failures === 0 && state.late === 0 && state.inFlight === 0 && budgetRefusal(state) === null;
}

/**
 * Whether the portal may have locked the account by now: our own failures, the one that is being judged among them, and those left to
 * humans could have reached the threshold. A first failure alone says nothing of the kind. Fails as `remainingBudget`.
 */
export async function mayBeLocked(db: Database, { orgId, loginIdentity }: { readonly orgId: string; readonly loginIdentity: string }): Promise<boolean> {
  const { failures, limits } = await db.rawTransaction({ tenant: orgId }, (tx) => ledgerState(tx, loginIdentity));
  return failures > 1 && failures >= limits.budget;
}
