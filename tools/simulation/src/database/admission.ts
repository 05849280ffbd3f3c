import {
  type BreakerCause,
  type AdmissionOutcome,
  isScheduled,
  type PauseScope,
  type RotationAttempt,
  type RotationPlan,
  type StartRefusal,
  type StartRules,
} from '@rcm/db/rotation';
import type { ModelDatabase } from './model-database.ts';
import { manyRefused } from './passwords.ts';
import { checkMs, later, operation, refuse, writeNotification } from './operation.ts';
import type { Admission } from './tables.ts';

const NONE: Omit<Admission, 'id'> = { openedAt: null, closedAt: null, probedAt: null, cause: null, canaryDay: null, canaryAttemptId: null, canaryState: null };
const NO_CANARY = { canaryDay: null, canaryAttemptId: null, canaryState: null } as const;
const DAY_MS = 86_400_000;
const USED_MS = 7 * DAY_MS;
const MOST_BETWEEN_PROBES_MS = DAY_MS / 4;

export const isOpen = (admission: Admission | null): boolean => admission !== null && admission.openedAt !== null && admission.closedAt === null;
/** The simulated portals' day begins at midnight, UTC, and none of them has maintenance hours. */
export const today = (db: ModelDatabase): string => db.now.toISOString().slice(0, 10);
const admissionOf = ({ tables }: ModelDatabase, code: string): Admission => tables.admissions.get(code) ?? tables.admissions.put({ id: code, ...NONE });

export function underWay({ tables }: ModelDatabase, code: string): number {
  return tables.attempts.all().filter((a) => a.portalTypeCode === code && a.endedAt === null && a.state !== 'waiting' && a.state !== 'blocked').length;
}

export const isPaused = ({ tables }: ModelDatabase, portalTypeCode: string, endpointId: string | null): boolean =>
  tables.pauses
    .all()
    .some(({ scope }) => scope.kind === 'all' || (scope.kind === 'portal_type' ? scope.portalTypeCode === portalTypeCode : scope.endpointId === endpointId));

export function mayProbe(db: ModelDatabase, admission: Pick<Admission, 'openedAt' | 'probedAt'> | null, probeMs: number): boolean {
  const last = later(admission?.openedAt, admission?.probedAt);
  const inVainMs = admission?.openedAt && admission.probedAt ? admission.probedAt.getTime() - admission.openedAt.getTime() : 0;
  return last === null || last.getTime() + Math.max(probeMs, Math.min(inVainMs, MOST_BETWEEN_PROBES_MS)) <= db.now.getTime();
}

export function refuseStart(
  db: ModelDatabase,
  start: Pick<RotationPlan, 'attemptId' | 'endpointId' | 'reason'> & { readonly portalTypeCode: string },
  given: StartRules | null,
): StartRefusal | null {
  const rules = given ?? { canary: false, probeMs: 0, lastingMs: 0 };
  const admission = admissionOf(db, start.portalTypeCode);
  if (isPaused(db, start.portalTypeCode, start.endpointId)) return 'paused';
  const scheduled = isScheduled(start.reason);
  const stopped = isOpen(admission);
  if (stopped && (!scheduled || !mayProbe(db, admission, rules.probeMs))) return 'stopped';
  if (!scheduled) return null;
  if (given !== null && underWay(db, start.portalTypeCode) >= (db.tables.portalTypes.get(start.portalTypeCode)?.maxConcurrency ?? 0)) return 'busy';
  if (stopped) db.tables.admissions.change(admission.id, { probedAt: db.now });
  const canaryToday = admission.canaryDay === today(db);
  if (!rules.canary || (canaryToday && admission.canaryState === 'passed')) return null;
  if (canaryToday && admission.canaryState === 'running' && !stopped) return 'canary';
  db.tables.admissions.change(admission.id, { canaryAttemptId: start.attemptId, canaryState: 'running', canaryDay: today(db) });
  return null;
}

function openBreaker(db: ModelDatabase, code: string, cause: BreakerCause): void {
  const admission = admissionOf(db, code);
  if (isOpen(admission)) return;
  db.tables.admissions.change(code, { openedAt: db.now, cause, probedAt: null, closedAt: null, ...NO_CANARY });
  writeNotification(db, { kind: 'breaker_open', key: `${code}:${db.now.toISOString()}` });
}

function closeBreaker(db: ModelDatabase, code: string): boolean {
  if (!isOpen(db.tables.admissions.get(code))) return false;
  db.tables.admissions.change(code, { closedAt: db.now, ...NO_CANARY });
  return true;
}

export function tellAdmission(db: ModelDatabase, attempt: RotationAttempt, outcome: AdmissionOutcome): void {
  const admission = db.tables.admissions.get(attempt.portalTypeCode);
  if (!admission) return;
  const wasOpen = isOpen(admission);
  if (wasOpen && outcome === 'passed' && admission.openedAt !== null && provesPortal(db, attempt, admission.openedAt)) closeBreaker(db, admission.id);
  if (admission.canaryAttemptId !== attempt.id) return;
  if (outcome === 'failed') return void openBreaker(db, admission.id, 'canary_failed');
  if (db.tables.admissions.get(admission.id)?.canaryAttemptId !== attempt.id) return;
  if (outcome === 'passed' && !wasOpen) db.tables.admissions.change(admission.id, { canaryState: 'passed' });
  else db.tables.admissions.change(admission.id, NO_CANARY);
}

function provesPortal({ tables }: ModelDatabase, { id, loginIdentity, submitDeadlineAt, createdAt }: RotationAttempt, since: Date): boolean {
  if (createdAt > since) return true;
  const mine = tables.logins.of(loginIdentity).filter(({ rotationAttemptId }) => rotationAttemptId === id);
  return submitDeadlineAt !== null && mine.some(({ startedAt }) => startedAt > since && startedAt < submitDeadlineAt);
}

export const assessPortalTypes = operation('assessPortalTypes', (db, rules) => {
  const windowMs = checkMs('windowMs', rules.windowMs);
  const opened: string[] = [];
  for (const code of db.tables.portalTypes.keys()) {
    const admission = db.tables.admissions.get(code);
    if (isOpen(admission)) continue;
    const since = later(db.in(-windowMs), admission?.closedAt) ?? db.now;
    const { suspects, failures } = failing(db, code, { since, closedAt: admission?.closedAt ?? null, windowMs });
    const isRefusing = suspects > 1 && suspects >= manyRefused(Math.min(usedLately(db, code), 5 * suspects + 5), rules.suspects);
    if (!isRefusing && failures < rules.failures) continue;
    openBreaker(db, code, isRefusing ? 'logins_suspect' : 'page_changed');
    opened.push(code);
  }
  closeWell(db, rules.suspects);
  return opened;
});

interface Looked {
  readonly since: Date;
  readonly closedAt: Date | null;
  readonly windowMs: number;
}

function failing(db: ModelDatabase, code: string, looked: Looked): { readonly suspects: number; readonly failures: number } {
  const { tables } = db;
  const bad = { suspect: new Set<string>(), other: failedRotations(db, code, looked) };
  const rows = tables.logins.all();
  // They begin in the order in which they lie, so nothing before the first that is too old counts.
  for (let at = rows.length - 1, row = rows[at]; row && row.startedAt > looked.since; at -= 1, row = rows[at]) {
    const suspect = row.effect === 'suspect' || row.effect === 'bad';
    if (!(suspect || row.outcome === 'unknown')) continue;
    if (tables.endpoints.get(row.endpointId)?.portalTypeCode !== code) continue;
    if (tables.logins.of(row.loginIdentity).some((ok) => ok.outcome === 'accepted' && ok.startedAt > row.startedAt)) continue;
    bad[suspect ? 'suspect' : 'other'].add(row.loginIdentity);
  }
  return { suspects: bad.suspect.size, failures: bad.other.size };
}

function failedRotations(db: ModelDatabase, code: string, { since, closedAt, windowMs }: Looked): Set<string> {
  const lately = db.tables.attempts.all().filter((attempt) => attempt.portalTypeCode === code && attempt.createdAt > db.in(-DAY_MS));
  const passedAt = lately.reduce<Date | null>((last, { state, endedAt }) => (state === 'done' ? later(last, endedAt) : last), null);
  const failed = lately.filter((attempt) => {
    const at = failedAt(db, attempt, windowMs);
    if (at === null || (closedAt !== null && attempt.createdAt <= closedAt)) return false;
    return (attempt.state !== 'waiting' && at > since) || passedAt === null || passedAt < at;
  });
  return new Set(failed.map(({ loginIdentity }) => loginIdentity));
}

/** Since when it counts as one that does not get through; `null`: it does not count. */
function failedAt(db: ModelDatabase, attempt: RotationAttempt, windowMs: number): Date | null {
  const { state, createdAt, endedAt, heldSince, failedSubmits, loginIdentity } = attempt;
  if (state === 'blocked') return createdAt;
  if (state === 'abandoned') return failedSubmits > 0 ? endedAt : null;
  if (state !== 'waiting' || heldSince === null || heldSince > db.in(-windowMs)) return null;
  const last = db.tables.logins.of(loginIdentity).findLast(({ startedAt }) => startedAt > createdAt);
  return last?.outcome === 'unavailable' || last?.outcome === 'unknown' ? heldSince : null;
}

/** Logins of the type that were tried, through whichever door. */
function triedSince({ tables }: ModelDatabase, code: string, since: Date) {
  const identities = new Set(
    tables.endpoints.all().flatMap(({ portalTypeCode, loginIdentity }) => (portalTypeCode === code && loginIdentity ? [loginIdentity] : [])),
  );
  return [...identities].map((id) => tables.logins.of(id).filter((row) => row.startedAt > since && row.outcome !== null)).filter((rows) => rows.length > 0);
}

const usedLately = (db: ModelDatabase, code: string): number => triedSince(db, code, db.in(-USED_MS)).length;

function closeWell(db: ModelDatabase, suspects: number): void {
  for (const admission of db.tables.admissions.all()) {
    if (!isOpen(admission) || admission.cause !== 'logins_suspect' || admission.openedAt === null) continue;
    const { openedAt } = admission;
    const tried = triedSince(db, admission.id, new Date(openedAt.getTime() - USED_MS));
    const accepted = tried.filter((rows) => rows.some(({ outcome, startedAt }) => outcome === 'accepted' && startedAt > openedAt)).length;
    if (accepted >= manyRefused(tried.length, suspects)) closeBreaker(db, admission.id);
  }
}

const pauseId = (scope: PauseScope): string =>
  scope.kind === 'all' ? 'all' : scope.kind === 'portal_type' ? `type ${scope.portalTypeCode}` : `login ${scope.endpointId}`;

function checkScope({ tables }: ModelDatabase, scope: PauseScope): void {
  if (scope.kind === 'portal_type' && !tables.portalTypes.has(scope.portalTypeCode)) refuse('input_invalid', 'There is no such portal type.');
}

export const pauseRotations = operation('pauseRotations', (db, { scope }) => {
  checkScope(db, scope);
  const id = pauseId(scope);
  if (db.tables.pauses.get(id)) return false;
  db.tables.pauses.put({ id, scope });
  return true;
});

export const resumeRotations = operation('resumeRotations', (db, { scope }) => {
  checkScope(db, scope);
  const id = pauseId(scope);
  const wasPaused = db.tables.pauses.get(id) !== null;
  db.tables.pauses.remove(id);
  const wasStopped = scope.kind === 'portal_type' && closeBreaker(db, scope.portalTypeCode);
  const stays = db.tables.pauses.all().map((pause) => pause.scope);
  const stillPaused = stays.filter((other) => touches(db, scope, other)).sort((one, other) => (placeOf(one) < placeOf(other) ? -1 : 1));
  return { wasPaused, wasStopped, stillPaused: stillPaused.slice(0, 20), stillPausedInAll: stillPaused.length };
});

const portalTypeOf = ({ tables }: ModelDatabase, scope: PauseScope): string | null => {
  if (scope.kind === 'all') return null;
  return scope.kind === 'portal_type' ? scope.portalTypeCode : (tables.endpoints.get(scope.endpointId)?.portalTypeCode ?? null);
};

/** Whether another pause covers a scope, or is of a part of it. Two that are the same are one pause. */
function touches(db: ModelDatabase, scope: PauseScope, other: PauseScope): boolean {
  if (scope.kind === 'all' || other.kind === 'all') return true;
  return scope.kind !== other.kind && portalTypeOf(db, scope) === portalTypeOf(db, other);
}

/** The widest comes first. */
const placeOf = (scope: PauseScope): string =>
  scope.kind === 'all' ? '0' : scope.kind === 'portal_type' ? `1 ${scope.portalTypeCode}` : `2 ${scope.endpointId}`;
