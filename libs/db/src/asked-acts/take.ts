import { byIndex } from '../by-index.ts';
import type { Database } from '../database.ts';
import { checkLimit, checkMs, checkUuid } from '../input.ts';
import { scopeOfAsked } from './asked.ts';
import { HOLDS } from './holds.ts';
import { type ActKind, type AskedResolution, SECOND_PERSON_MS, type WideActKind } from './kinds.ts';

interface Taken {
  readonly id: string;
  readonly actor: string;
  readonly reason: string;
  readonly askedAt: Date;
}
interface OfOneLogin extends Taken {
  readonly orgId: string;
  readonly endpointId: string;
  readonly portalTypeCode: null;
}

/** An act that this process has taken: nobody else will, whatever becomes of it. A CHECK of the schema makes the cases true. */
export type AskedActToDo =
  | (OfOneLogin & { readonly kind: Exclude<ActKind, 'resolve'>; readonly choice: null })
  | (OfOneLogin & { readonly kind: 'resolve'; readonly choice: AskedResolution })
  | (Taken & { readonly kind: WideActKind; readonly choice: null; readonly orgId: null; readonly endpointId: null; readonly portalTypeCode: string | null });

const LONGEST_WORDS = 1_000;
/** Whoever has typed a password waits at the page, and may have to ask again. Longer than a rotator is at it. */
const SET_MS = 20 * 60_000;
/**
 * Takes what waits, the oldest first, `limit` at most; of what needs a second person only what one has approved, and for the login as it stood when it was asked (the
 * table refuses anything else), and neither what a person does themselves nor what one has to type first. Taken before it is begun: an act spends logins, so one whose
 * rotator dies is left and told of, never repeated. For `rcm_rotator`.
 */
export async function takeActs(db: Database, { takenBy, limit }: { readonly takenBy: string; readonly limit: number }): Promise<readonly AskedActToDo[]> {
  const waiting = await byIndex(
    db,
    'every tenant',
    (tx) => tx.$queryRaw<{ id: string; orgId: string | null }[]>`
      SELECT r.id::text, r.org_id AS "orgId" FROM login_request r
       WHERE r.ended_at IS NULL AND r.taken_at IS NULL AND r.kind NOT IN ('break_glass', 'set') AND (NOT r.needs_second OR r.decision = 'approved') AND (${HOLDS}) ORDER BY r.asked_at LIMIT ${checkLimit(limit)}`,
  );
  const taken: AskedActToDo[] = [];
  for (const { id, orgId } of waiting) {
    const [mine] = await db.transaction(
      scopeOfAsked(orgId),
      (tx) => tx.$queryRaw<AskedActToDo[]>`
        UPDATE login_request r SET taken_at = clock_timestamp(), taken_by = ${takenBy} WHERE r.id = ${id}::uuid AND r.taken_at IS NULL AND r.ended_at IS NULL
        RETURNING r.id::text, r.org_id AS "orgId", r.endpoint_id AS "endpointId", r.portal_type_code AS "portalTypeCode", r.kind, r.choice, r.actor, r.reason, r.asked_at AS "askedAt"`,
    );
    if (mine) taken.push(mine);
  }
  return taken;
}

/** How it ended, once. `words`: what a person is told; a longer text is cut. */
export async function endAct(
  db: Database,
  end: { readonly id: string; readonly orgId: string | null; readonly outcome: 'done' | 'failed'; readonly code: string | null; readonly words: string },
): Promise<void> {
  checkUuid('id', end.id);
  await db.transaction(
    scopeOfAsked(end.orgId),
    (tx) => tx.$executeRaw`
      UPDATE login_request SET ended_at = clock_timestamp(), outcome = ${end.outcome}, code = ${end.code}, words = ${end.words.slice(0, LONGEST_WORDS)}
       WHERE id = ${end.id}::uuid AND ended_at IS NULL`,
  );
}

/**
 * Ends what nobody will: taken by nobody `waitMs` after it was asked for or approved (a password to read: after its minutes), or decided by nobody within the hour (`expired`: yesterday's request must not
 * surprise anybody today), or of a login that has moved on since it was asked (`outdated`), or taken longer ago than `workMs` (`left`: its rotator is gone, and what it did is in the timeline).
 */
export async function endLeftActs(db: Database, { waitMs, workMs }: { readonly waitMs: number; readonly workMs: number }): Promise<number> {
  const [wait, work] = [checkMs('waitMs', waitMs, 1), checkMs('workMs', workMs, 1)];
  const left = await byIndex(
    db,
    'every tenant',
    (tx) => tx.$queryRaw<{ id: string; orgId: string | null; outcome: string }[]>`
      SELECT r.id::text, r.org_id AS "orgId", CASE WHEN r.taken_at IS NOT NULL THEN 'left' WHEN ${HOLDS} THEN 'expired' ELSE 'outdated' END AS outcome FROM login_request r
       WHERE r.ended_at IS NULL AND (r.taken_at IS NULL AND NOT (${HOLDS}) OR CASE
               WHEN r.taken_at IS NOT NULL THEN r.taken_at + make_interval(secs => CASE r.kind WHEN 'set' THEN ${Math.min(work, SET_MS)}::float8 ELSE ${work}::float8 END / 1000)
               WHEN r.needs_second AND r.decision IS NULL THEN r.asked_at + make_interval(secs => ${SECOND_PERSON_MS}::float8 / 1000)
               WHEN r.kind = 'break_glass' THEN r.decided_at + make_interval(mins => r.minutes)
               ELSE coalesce(r.decided_at, r.asked_at) + make_interval(secs => ${wait}::float8 / 1000) END < clock_timestamp())
       LIMIT 1000`,
  );
  for (const { id, orgId, outcome } of left)
    await db.transaction(
      scopeOfAsked(orgId),
      (tx) => tx.$executeRaw`
        UPDATE login_request SET ended_at = clock_timestamp(), outcome = ${outcome} WHERE id = ${id}::uuid AND ended_at IS NULL AND (taken_at IS NULL) = ${outcome !== 'left'}`,
    );
  return left.length;
}
