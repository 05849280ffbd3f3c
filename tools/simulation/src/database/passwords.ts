import type { PasswordRecord, PasswordState } from '@rcm/db/ledger';
import type { PortalHealth } from '@rcm/db/rotation';
import { endNoOf, endOf } from './budget.ts';
import type { ModelDatabase } from './model-database.ts';
import { checkMs, later, operation, tenantHas } from './operation.ts';
import type { LoginRow } from './tables.ts';

const REFUSED: ReadonlySet<string> = new Set(['rejected', 'rejected_or_locked']);

/** As `rcm_password_record`. */
export function passwordRecord(
  db: ModelDatabase,
  asked: { readonly orgId: string; readonly loginIdentity: string; readonly fingerprints: readonly string[]; readonly since?: Date | null },
): PasswordRecord {
  const { orgId, loginIdentity, fingerprints, since = null } = asked;
  const { tables } = db;
  const mine = tenantHas(db, orgId, loginIdentity)
    ? tables.logins.of(loginIdentity).filter(({ fingerprint }) => fingerprint !== null && fingerprints.includes(fingerprint))
    : [];
  const provedAt = later(...mine.map(({ proved, startedAt }) => (proved ? startedAt : null)));
  const clears = [
    ...mine.filter(({ proved }) => proved).map(({ startedAt: at, begunNo: no }) => ({ at, no })),
    ...tables.clearances.of(loginIdentity).map(({ at, saidNo: no }) => ({ at, no })),
  ];
  const isCleared = (row: LoginRow): boolean => clears.some(({ at, no }) => at >= endOf(row) && no >= endNoOf(row));
  const refused = mine.filter((row) => (row.effect === 'suspect' || row.effect === 'bad') && !isCleared(row));
  const told = mine.filter(({ outcome }) => outcome !== null && REFUSED.has(outcome));
  const first = refused.map(endOf).sort((a, b) => a.getTime() - b.getTime())[0];
  return {
    provedAt,
    refusals: refused.length,
    bad: refused.filter(({ effect }) => effect === 'bad').length,
    refusedFirstAt: first ?? null,
    coolsDownUntil: later(...refused.map(({ coolsDownUntil }) => coolsDownUntil)),
    refusedSince: since === null ? 0 : told.filter(({ startedAt }) => startedAt >= since).length,
    refusedLastAt: later(...told.map(endOf)),
  };
}

export const passwordTries = operation('passwordTries', (db, asked) => ({ ...passwordRecord(db, asked), now: db.now }));

export const changeWasRefused = operation('changeWasRefused', ({ tables }, { orgId, loginIdentity, rotationAttemptId, fingerprints }) =>
  tables.logins
    .of(loginIdentity)
    .some(
      (row) =>
        row.orgId === orgId &&
        row.rotationAttemptId === rotationAttemptId &&
        row.outcome === 'rejected' &&
        row.effect === 'none' &&
        row.fingerprint !== null &&
        fingerprints.includes(row.fingerprint),
    ),
);

export const forgetPasswords = operation('forgetPasswords', (db, { orgId, loginIdentity, keep }) => {
  const gone = db.tables.logins.of(loginIdentity).filter((row) => row.orgId === orgId && row.fingerprint !== null && !keep.includes(row.fingerprint));
  for (const { id } of gone) db.tables.logins.change(id, { fingerprint: null });
  return gone.length;
});

/** As `rcm_many_refused`. */
export const manyRefused = (active: number, suspects: number): number => Math.max(1, Math.min(suspects, Math.floor((active + 1) / 2)), Math.floor(active / 5));

const LONGEST_ILLNESS_MS = 12 * 3_600_000;

/** As `rcm_portal_health`. */
function portalHealth(
  db: ModelDatabase,
  asked: {
    readonly portalTypeCode: string;
    readonly loginIdentity: string;
    readonly since: Date | null;
    readonly rules: { readonly windowMs: number; readonly suspects: number };
  },
): PortalHealth {
  const { portalTypeCode, loginIdentity, since, rules } = asked;
  const { tables } = db;
  const admission = tables.admissions.get(portalTypeCode);
  const isOpen = admission !== null && admission.openedAt !== null && admission.closedAt === null;
  if (isOpen && admission.cause === 'logins_suspect' && admission.openedAt > db.in(-LONGEST_ILLNESS_MS)) return 'ill';
  const from = db.in(-checkMs('windowMs', rules.windowMs));
  const used = new Map<string, { acceptedAt: Date | null; refusedAt: Date | null }>();
  for (const row of othersSince(db, portalTypeCode, loginIdentity, from)) {
    const isRefused = row.effect === 'suspect' || row.effect === 'bad';
    if (row.outcome !== 'accepted' && !isRefused) continue;
    const known = used.get(row.loginIdentity) ?? { acceptedAt: null, refusedAt: null };
    if (row.outcome === 'accepted') known.acceptedAt = later(known.acceptedAt, row.startedAt);
    if (isRefused) known.refusedAt = later(known.refusedAt, row.startedAt);
    used.set(row.loginIdentity, known);
  }
  const refused = [...used.values()].filter(({ refusedAt, acceptedAt }) => refusedAt !== null && (acceptedAt === null || refusedAt > acceptedAt)).length;
  if (refused >= manyRefused(used.size, rules.suspects)) return 'ill';
  return othersSince(db, portalTypeCode, loginIdentity, since ?? from).some(({ outcome }) => outcome === 'accepted') ? 'well' : 'unknown';
}

/** What the other logins of the portal type met, the newest first. */
function othersSince({ tables }: ModelDatabase, portalTypeCode: string, loginIdentity: string, since: Date): readonly LoginRow[] {
  const rows = tables.logins.all();
  const found: LoginRow[] = [];
  for (let at = rows.length - 1, row = rows[at]; row && row.startedAt > since; at -= 1, row = rows[at])
    if (row.loginIdentity !== loginIdentity && tables.endpoints.get(row.endpointId)?.portalTypeCode === portalTypeCode) found.push(row);
  return found;
}

export const refusesOthers = operation('refusesOthers', (db, asked) => portalHealth(db, { ...asked, since: null }) === 'ill');

export const passwordState = operation('passwordState', (db, asked): PasswordState => {
  const { loginIdentity, version, propagationDelayMs } = asked;
  const record = passwordRecord(db, asked);
  const fresh = db.tables.attempts.of(loginIdentity).some((attempt) => {
    // Another organization's rotation is not seen.
    if (attempt.orgId !== asked.orgId) return false;
    const isOpen =
      attempt.endedAt === null && (version === `staged:${attempt.id}` || version.startsWith(`staged:${attempt.id}/`) || attempt.promotedVersion === version);
    return isOpen || (attempt.promotedVersion === version && attempt.updatedAt > db.in(-propagationDelayMs));
  });
  const { refusals, bad, refusedFirstAt } = record;
  const seriesMs = refusedFirstAt === null ? 0 : db.now.getTime() - refusedFirstAt.getTime();
  return { fresh, provedBefore: record.provedAt !== null, refusals, bad, seriesMs, health: portalHealth(db, { ...asked, since: refusedFirstAt }) };
});
