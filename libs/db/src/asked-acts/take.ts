import { byIndex } from '../by-index.ts';
import type { Database } from '../database.ts';
import { checkLimit, checkMs, checkUuid } from '../input.ts';

export const ACT_KINDS = ['verify', 'retry', 'unlocked', 'rotate'] as const;
/** What a person may ask of a rotator for one login, by the name that its command has. */
export type ActKind = (typeof ACT_KINDS)[number];

/** An act that this process has taken: nobody else will, whatever becomes of it. */
export interface AskedActToDo {
  readonly id: string;
  readonly orgId: string;
  readonly endpointId: string;
  readonly kind: ActKind;
  readonly actor: string;
  readonly reason: string;
}

const LONGEST_WORDS = 1_000;

/**
 * Takes what waits, the oldest first, `limit` at most. Taken before it is begun: an act spends logins, so one whose rotator dies is left and told of, never
 * repeated. For `rcm_rotator`.
 */
export async function takeActs(db: Database, { takenBy, limit }: { readonly takenBy: string; readonly limit: number }): Promise<readonly AskedActToDo[]> {
  const waiting = await byIndex(
    db,
    'every tenant',
    (tx) => tx.$queryRaw<{ id: string; orgId: string }[]>`
      SELECT r.id::text, r.org_id AS "orgId" FROM login_request r WHERE r.ended_at IS NULL AND r.taken_at IS NULL ORDER BY r.asked_at LIMIT ${checkLimit(limit)}`,
  );
  const taken: AskedActToDo[] = [];
  for (const { id, orgId } of waiting) {
    const [mine] = await db.transaction(
      { tenant: orgId },
      (tx) => tx.$queryRaw<AskedActToDo[]>`
        UPDATE login_request r SET taken_at = clock_timestamp(), taken_by = ${takenBy} WHERE r.id = ${id}::uuid AND r.taken_at IS NULL AND r.ended_at IS NULL
        RETURNING r.id::text, r.org_id AS "orgId", r.endpoint_id AS "endpointId", r.kind, r.actor, r.reason`,
    );
    if (mine) taken.push(mine);
  }
  return taken;
}

/** How it ended, once. `words`: what a person is told; a longer text is cut. */
export async function endAct(
  db: Database,
  end: { readonly id: string; readonly orgId: string; readonly outcome: 'done' | 'failed'; readonly code: string | null; readonly words: string },
): Promise<void> {
  checkUuid('id', end.id);
  await db.transaction(
    { tenant: end.orgId },
    (tx) => tx.$executeRaw`
      UPDATE login_request SET ended_at = clock_timestamp(), outcome = ${end.outcome}, code = ${end.code}, words = ${end.words.slice(0, LONGEST_WORDS)}
       WHERE id = ${end.id}::uuid AND ended_at IS NULL`,
  );
}

/**
 * Ends what nobody will: asked for longer ago than `waitMs` and taken by nobody (`expired`: yesterday's wish must not surprise anybody today), or taken longer ago
 * than `workMs` (`left`: its rotator is gone, and what it did is in the timeline).
 */
export async function endLeftActs(db: Database, { waitMs, workMs }: { readonly waitMs: number; readonly workMs: number }): Promise<number> {
  const [wait, work] = [checkMs('waitMs', waitMs, 1), checkMs('workMs', workMs, 1)];
  const left = await byIndex(
    db,
    'every tenant',
    (tx) => tx.$queryRaw<{ id: string; orgId: string; outcome: string }[]>`
      SELECT r.id::text, r.org_id AS "orgId", CASE WHEN r.taken_at IS NULL THEN 'expired' ELSE 'left' END AS outcome FROM login_request r
       WHERE r.ended_at IS NULL AND coalesce(r.taken_at + make_interval(secs => ${work}::float8 / 1000), r.asked_at + make_interval(secs => ${wait}::float8 / 1000)) < clock_timestamp()
       LIMIT 1000`,
  );
  for (const { id, orgId, outcome } of left)
    await db.transaction(
      { tenant: orgId },
      (tx) => tx.$executeRaw`
        UPDATE login_request SET ended_at = clock_timestamp(), outcome = ${outcome} WHERE id = ${id}::uuid AND ended_at IS NULL AND (taken_at IS NULL) = ${outcome === 'expired'}`,
    );
  return left.length;
}
