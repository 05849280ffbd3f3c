import type { Database } from '../database.ts';
import type { BreakerCause } from './breaker.ts';

/** A portal type's admission, for people who look. */
export interface PortalAdmission {
  readonly portalTypeCode: string;
  readonly canary: { readonly attemptId: string; readonly state: 'running' | 'passed'; readonly day: string } | null;
  readonly breaker: { readonly openedAt: Date; readonly cause: BreakerCause; readonly detail: string | null; readonly probedAt: Date | null } | null;
}

/** Portal types that have a canary or an open breaker, by code; a CHECK of the schema makes the casts true. */
export async function listAdmissions(db: Database): Promise<readonly PortalAdmission[]> {
  const rows = await db.transaction('no tenant', (tx) => tx.portalGate.findMany({ orderBy: { portalTypeCode: 'asc' }, take: 10_000 }));
  return rows
    .map((row): PortalAdmission => {
      const { portalTypeCode, canaryAttemptId, canaryState, canaryDay, openedAt, closedAt, cause, detail, probedAt } = row;
      return {
        portalTypeCode,
        canary:
          canaryAttemptId && canaryDay
            ? { attemptId: canaryAttemptId, state: canaryState as 'running' | 'passed', day: canaryDay.toISOString().slice(0, 10) }
            : null,
        breaker: openedAt && !closedAt ? { openedAt, cause: cause as BreakerCause, detail, probedAt } : null,
      };
    })
    .filter(({ canary, breaker }) => canary !== null || breaker !== null);
}
