import type { LoginPermission } from '@rcm/db/ledger';
import type { ModelDatabase } from './model-database.ts';
import { later, refuse, tenantHas } from './operation.ts';
import type { Clearance, LoginRow } from './tables.ts';

const NO_FAILURE: ReadonlySet<string> = new Set(['accepted', 'not_submitted', 'password_expired', 'change_forced', 'change_answered']);
const IN_FLIGHT_PAUSE_MS = 2_000;
const LATE_PAUSE_MS = 60_000;
const RESERVE = 1;
const LONGEST_LOGIN_MS = 600_000;
const DAY_MS = 86_400_000;
/** What a process that was killed had handed to its kernel may still arrive. */
const STILL_ARRIVES_MS = 120_000;

export interface LedgerState {
  readonly budget: number;
  readonly windowMs: number | null;
  readonly failures: number;
  readonly inFlight: number;
  readonly late: number;
  readonly oldestLeavesAt: Date | null;
  readonly newestLeavesAt: Date | null;
  readonly lockedUntil: Date | null;
  readonly lockedForGood: boolean;
  readonly mayBeLocked: boolean;
  readonly throttledUntil: Date | null;
}

interface Limits {
  readonly budget: number;
  readonly successForgives: boolean;
  readonly windowMs: number | null;
  readonly lockMs: number | null;
  readonly codesCount: boolean;
}

/** Where an identity lies under several portal types, the strictest of each. */
function limitsOf({ tables }: ModelDatabase, identity: string): Limits {
  const types = tables.endpoints.of(identity).flatMap(({ portalTypeCode }) => tables.portalTypes.get(portalTypeCode) ?? []);
  const longest = (values: readonly (number | null)[]): number | null =>
    values.includes(null) ? null : Math.max(...values.map((seconds) => (seconds ?? 0) * 1000));
  return {
    budget: Math.min(...types.map((type) => type.lockoutThreshold - type.lockoutMargin)),
    successForgives: types.every((type) => type.lockoutCounts === 'consecutive'),
    windowMs: longest(types.map((type) => type.lockoutWindowSeconds)),
    lockMs: longest(types.map((type) => type.lockoutLastsSeconds)),
    codesCount: types.some((type) => type.lockoutCountsCodes),
  };
}

/** As `rcm_clock_shift`: how much later it is by the database's clock than by those of the processes, in ms; 0 or less. */
export const shiftOf = ({ askerAheadMs: now }: ModelDatabase, { askerAheadMs: then }: { readonly askerAheadMs: number | null }): number =>
  now === null || then === null ? 0 : Math.max(-DAY_MS, Math.min(0, now - then));

/** When it ended, and which number that has, as far as is known. */
export const endOf = ({ finishedAt, startedAt }: LoginRow): Date => finishedAt ?? startedAt;
export const endNoOf = ({ finishedAt, endedNo, begunNo }: LoginRow): number => (finishedAt === null ? begunNo : (endedNo ?? begunNo));
const plus = (at: Date, ms: number): Date => new Date(at.getTime() + ms);
const FOR_GOOD = 'for good';

interface Tried {
  readonly rows: readonly LoginRow[];
  readonly clearances: readonly Clearance[];
}

/** What was tried under any of the names that a login had, as long as it had them. */
function triedOf({ tables }: ModelDatabase, identity: string): Tried {
  const pasts = tables.pasts.of(identity);
  if (pasts.length === 0) return { rows: tables.logins.of(identity), clearances: tables.clearances.of(identity) };
  return {
    rows: [...tables.logins.of(identity), ...pasts.flatMap(({ former, until }) => tables.logins.of(former).filter(({ startedAt }) => startedAt <= until))],
    clearances: [...tables.clearances.of(identity), ...pasts.flatMap(({ former, until }) => tables.clearances.of(former).filter(({ at }) => at <= until))],
  };
}

/** The last by time and the last by number, which need not be one; `null`: there is none. */
const lastOf = (events: readonly { readonly at: Date; readonly no: number }[]): { readonly at: Date; readonly no: number } | null => {
  const at = later(...events.map((event) => event.at));
  return at && { at, no: Math.max(...events.map(({ no }) => no)) };
};

/** When the last lock ends that the portal told of and that is not over; `null`: none is known. */
function lockOf(db: ModelDatabase, { rows, clearances }: Tried, { lockMs }: Limits): Date | typeof FOR_GOOD | null {
  const holding = rows.filter((row) => {
    const [at, no] = [endOf(row), endNoOf(row)];
    return (
      row.outcome === 'locked' &&
      !rows.some(({ outcome, startedAt, begunNo }) => outcome === 'accepted' && startedAt > at && begunNo > no) &&
      !clearances.some(({ kind, at: cleared, saidNo }) => kind === 'unlocked' && cleared > at && saidNo > no)
    );
  });
  if (lockMs === null) return holding.length > 0 ? FOR_GOOD : null;
  return later(...holding.map((row) => plus(endOf(row), lockMs - shiftOf(db, row))));
}

/** An answer that is not a failure in the portal's own words counts for a day where time forgives nothing; `null`: for ever. */
const countsFor = ({ outcome }: LoginRow, windowMs: number | null): number | null =>
  windowMs ?? (outcome === 'challenged' || outcome === 'mfa_required' ? DAY_MS : null);

/** As `rcm_login_ledger` counts (docs/adr/0013). Fails with `state_conflict` where no endpoint of the organization has the login. */
export function ledgerState(db: ModelDatabase, orgId: string, identity: string): LedgerState {
  if (!tenantHas(db, orgId, identity)) refuse('state_conflict', 'No endpoint of the organization has this login identity.');
  const { tables, now } = db;
  const limits = limitsOf(db, identity);
  const { windowMs } = limits;
  const tried = triedOf(db, identity);
  const { rows } = tried;
  const lock = lockOf(db, tried, limits);
  const words = tried.clearances.filter(({ kind }) => kind === 'unlocked').map(({ at, saidNo }) => ({ at, no: saidNo }));
  const isOver = limits.successForgives && lock instanceof Date && lock <= now;
  const overLocks = isOver ? rows.filter(({ outcome }) => outcome === 'locked').map((row) => ({ at: endOf(row), no: endNoOf(row) })) : [];
  const [unlocked, forgiven] = [lastOf(words), lastOf([...words, ...overLocks])];
  const gotIn = (holds: (row: LoginRow) => boolean): boolean => limits.successForgives && rows.some((row) => row.outcome === 'accepted' && holds(row));
  const isInFlight = ({ outcome, leaseId }: LoginRow): boolean => outcome === null && (tables.leases.get(leaseId)?.expiresAt ?? now) > now;
  // When the portal counted it at the latest: a process that died may have had its browser send it for as long as a login takes.
  const sentBy = (row: LoginRow): Date => (isInFlight(row) ? now : (row.finishedAt ?? plus(row.startedAt, LONGEST_LOGIN_MS)));
  const counted = rows.filter((row) => {
    if (row.outcome !== null && NO_FAILURE.has(row.outcome)) return false;
    if (row.outcome === 'mfa_rejected' && !limits.codesCount) return false;
    if (windowMs !== null && endOf(row) <= db.in(-windowMs - 2 * DAY_MS)) return false;
    if (isInFlight(row)) return true;
    const forMs = countsFor(row, windowMs);
    if (forMs !== null && sentBy(row) <= db.in(shiftOf(db, row) - forMs)) return false;
    if (forgiven !== null && sentBy(row) <= forgiven.at && endNoOf(row) <= forgiven.no) return false;
    return !gotIn(({ startedAt, begunNo }) => startedAt >= endOf(row) && begunNo >= endNoOf(row));
  });
  const mayComeLate = (row: LoginRow): boolean => {
    const { startedAt, processEndedAt, endedNo } = row;
    const before = (ms: number): Date => db.in(shiftOf(db, row) - ms);
    const isOfToday = startedAt > before(DAY_MS);
    if (processEndedAt === null) return isOfToday;
    if (processEndedAt <= plus(startedAt, LONGEST_LOGIN_MS)) return processEndedAt > before(STILL_ARRIVES_MS);
    const cameBy = plus(processEndedAt, STILL_ARRIVES_MS);
    return (windowMs === null ? isOfToday : cameBy > before(windowMs)) && !gotIn((ok) => ok.startedAt > cameBy && ok.begunNo >= (endedNo ?? 0));
  };
  const leaves = counted
    .flatMap((row) => {
      const forMs = countsFor(row, windowMs);
      return forMs === null ? [] : [plus(sentBy(row), forMs - shiftOf(db, row))];
    })
    .sort((a, b) => a.getTime() - b.getTime());
  return {
    budget: limits.budget,
    windowMs,
    failures: counted.length,
    inFlight: counted.filter(isInFlight).length,
    late: rows.filter((row) => {
      if (row.outcome !== null || isInFlight(row) || counted.includes(row)) return false;
      if (windowMs !== null && row.startedAt <= db.in(-windowMs - 2 * DAY_MS)) return false;
      return mayComeLate(row) && (unlocked === null || row.startedAt > unlocked.at || row.begunNo > unlocked.no);
    }).length,
    oldestLeavesAt: leaves[0] ?? null,
    newestLeavesAt: leaves.at(-1) ?? null,
    lockedUntil: lock instanceof Date ? lock : null,
    lockedForGood: lock === FOR_GOOD,
    mayBeLocked: counted.some(({ outcome }) => outcome === 'rejected_or_locked'),
    throttledUntil: later(
      ...rows.map((row) => {
        const until = row.throttledUntil && plus(row.throttledUntil, -shiftOf(db, row));
        return until && until > now && !(unlocked && unlocked.at > row.startedAt && unlocked.no >= row.begunNo) ? until : null;
      }),
    ),
  };
}

/** As the product asks: where attempts may come late, it is looked which of their processes have ended, of the tenant's own. */
export function askedLedger(db: ModelDatabase, orgId: string, identity: string): LedgerState {
  const state = ledgerState(db, orgId, identity);
  if (state.late === 0 && state.failures === state.inFlight) return state;
  const { logins } = db.tables;
  for (const row of logins.of(identity)) {
    const isOpen = row.orgId === orgId && row.outcome === null && row.processEndedAt === null && row.startedAt > db.in(-DAY_MS);
    if (isOpen && db.hasEnded(row.process)) logins.change(row.id, { processEndedAt: db.now, endedNo: db.nextNo() });
  }
  return state;
}

/** One that may come late takes up a place of the budget, but never the last one. */
export const failuresLeft = ({ budget, failures, late }: LedgerState): number => budget - failures - Math.min(late, budget - 1);

type Refusal = Omit<Extract<LoginPermission, { allowed: false }>, 'allowed'>;

/** By the count alone; `null`: one more login may be made. */
export function budgetRefusal({ now, in: inMs }: { readonly now: Date; readonly in: (ms: number) => Date }, state: LedgerState): Refusal | null {
  if (state.lockedForGood) return { reason: 'locked', until: null };
  if (state.lockedUntil && state.lockedUntil > now) return { reason: 'locked', until: state.lockedUntil };
  const ended = state.failures - state.inFlight;
  if (state.mayBeLocked && ended >= state.budget) return { reason: 'locked', until: state.newestLeavesAt };
  if (state.throttledUntil) return { reason: 'throttled', until: state.throttledUntil };
  if (failuresLeft(state) > 0) return null;
  if (ended >= state.budget) return { reason: 'budget_spent', until: state.oldestLeavesAt };
  return { reason: 'budget_spent', until: inMs(state.inFlight > 0 ? IN_FLIGHT_PAUSE_MS : LATE_PAUSE_MS) };
}

/** For a password that was refused before. */
export function reserveRefusal(state: LedgerState): Refusal | null {
  if (state.failures === 0 || state.budget - state.failures > RESERVE || state.windowMs === null) return null;
  return { reason: 'budget_spent', until: state.newestLeavesAt };
}
