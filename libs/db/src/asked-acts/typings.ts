import { byIndex } from '../by-index.ts';
import type { Database } from '../database.ts';
import { checkLimit, checkMs, checkUuid } from '../input.ts';
import type { TypingOf } from './typed-login.ts';

/** More than people set in an hour in which many have changed; whoever wants more has taken the console over, and would have each account's budget spent. */
export const MOST_SET_AN_HOUR = 60;
/** What was typed and that nobody took so long is given to nobody: the process stood still, or is gone. */
const LEFT_TYPED_SECONDS = 60;

/** A request for a login to be set, which no rotator has offered a key for. */
export interface TypingWanted extends TypingOf {
  readonly reason: string;
  /** How many were begun within the hour before, or may be before this one: a key for them is out, or they have asked before. */
  readonly setBefore: number;
}

/** What waits for a key, the oldest first. For `rcm_rotator`. */
export async function listWantedTypings(db: Database, { limit }: { readonly limit: number }): Promise<readonly TypingWanted[]> {
  const most = checkLimit(limit);
  return byIndex(db, 'every tenant', async (tx) => {
    const wanted = await tx.$queryRaw<Omit<TypingWanted, 'setBefore'>[]>`
      SELECT r.id::text AS "requestId", r.org_id AS "orgId", r.endpoint_id AS "endpointId", r.actor, r.reason FROM login_request r
       WHERE r.ended_at IS NULL AND r.taken_at IS NULL AND r.kind = 'set' AND NOT EXISTS (SELECT FROM login_typing t WHERE t.request_id = r.id) ORDER BY r.asked_at LIMIT ${most}`;
    if (wanted.length === 0) return [];
    const [row] = await tx.$queryRaw<{ count: number }[]>`
      SELECT count(*)::integer AS count FROM login_request r
       WHERE r.kind = 'set' AND r.asked_at > clock_timestamp() - interval '3 hours'
         AND (r.taken_at > clock_timestamp() - interval '1 hour' OR EXISTS (SELECT FROM login_typing t WHERE t.request_id = r.id))`;
    return wanted.map((each, place) => ({ ...each, setBefore: (row?.count ?? 0) + place }));
  });
}

/** Waits from now on, for `forMs`, that whoever asked types it, sealed for this key. `false`: another process waits, or the request was withdrawn. For `rcm_rotator`. */
export async function offerTypingKey(
  db: Database,
  { requestId, orgId, publicKey, forMs }: Pick<TypingOf, 'requestId' | 'orgId'> & { readonly publicKey: Uint8Array; readonly forMs: number },
): Promise<boolean> {
  checkUuid('requestId', requestId);
  const ms = checkMs('forMs', forMs, 1);
  const rows = await db.transaction(
    { tenant: orgId },
    (tx) => tx.$executeRaw`
      INSERT INTO login_typing (request_id, org_id, public_key, open_until)
      SELECT r.id, r.org_id, ${publicKey}, clock_timestamp() + make_interval(secs => ${ms}::float8 / 1000) FROM login_request r
       WHERE r.id = ${requestId}::uuid AND r.org_id = ${orgId} AND r.kind = 'set' AND r.taken_at IS NULL AND r.ended_at IS NULL
      ON CONFLICT DO NOTHING`,
  );
  return rows > 0;
}

/** Of these requests, those for which it is still waited: the others were withdrawn, or are over. For `rcm_rotator`. */
export async function listOpenTypings(db: Database, { requestIds }: { readonly requestIds: readonly string[] }): Promise<readonly string[]> {
  const ids = requestIds.map((id) => checkUuid('requestId', id));
  const open = await byIndex(
    db,
    'every tenant',
    (tx) => tx.$queryRaw<{ id: string }[]>`SELECT t.request_id::text AS id FROM login_typing t WHERE t.request_id = ANY (${ids}::uuid[])`,
  );
  return open.map(({ id }) => id);
}

/** What was typed for one of these requests, by its id. */
export interface Typed {
  readonly requestId: string;
  readonly sealed: Uint8Array;
}

/** Takes what was typed for one of the requests that this process has the key of, once: it is in the database no more, and the request is begun. For `rcm_rotator`. */
export async function takeTyped(
  db: Database,
  { requestIds, takenBy }: { readonly requestIds: readonly string[]; readonly takenBy: string },
): Promise<Typed | null> {
  const ids = requestIds.map((id) => checkUuid('requestId', id));
  if (ids.length === 0) return null;
  const waiting = await byIndex(
    db,
    'every tenant',
    (tx) => tx.$queryRaw<{ requestId: string; orgId: string }[]>`
      SELECT t.request_id::text AS "requestId", t.org_id AS "orgId" FROM login_typing t
       WHERE t.request_id = ANY (${ids}::uuid[]) AND t.typed_at > clock_timestamp() - make_interval(secs => ${LEFT_TYPED_SECONDS})`,
  );
  for (const { requestId, orgId } of waiting) {
    const sealed = await db.transaction({ tenant: orgId }, async (tx) => {
      const [row] = await tx.$queryRaw<{ sealed: Uint8Array }[]>`
        SELECT t.sealed FROM login_typing t
         WHERE t.request_id = ${requestId}::uuid AND t.typed_at > clock_timestamp() - make_interval(secs => ${LEFT_TYPED_SECONDS})`;
      // Its minute was over between the two: not begun, it ends as what nobody took.
      if (!row) return null;
      // A trigger takes what was typed away with it, and lets nobody begin what nobody has typed.
      const rows = await tx.$executeRaw`
        UPDATE login_request SET taken_at = clock_timestamp(), taken_by = ${takenBy} WHERE id = ${requestId}::uuid AND taken_at IS NULL AND ended_at IS NULL`;
      return rows > 0 ? row.sealed : null;
    });
    if (sealed) return { requestId, sealed };
  }
  return null;
}

/** Ends what nobody typed in time, and what was typed for a process that did not take it, of whichever process: nothing of it is kept. Returns how many. For `rcm_rotator`. */
export async function endLeftTypings(db: Database): Promise<number> {
  const left = await byIndex(
    db,
    'every tenant',
    (tx) => tx.$queryRaw<{ requestId: string; orgId: string }[]>`
      SELECT t.request_id::text AS "requestId", t.org_id AS "orgId" FROM login_typing t
       WHERE CASE WHEN t.typed_at IS NULL THEN t.open_until ELSE t.typed_at + make_interval(secs => ${LEFT_TYPED_SECONDS}) END <= clock_timestamp() LIMIT 1000`,
  );
  let ended = 0;
  for (const { requestId, orgId } of left)
    ended += await db.transaction(
      { tenant: orgId },
      (tx) => tx.$executeRaw`
        UPDATE login_request r SET ended_at = clock_timestamp(), outcome = 'expired' WHERE r.id = ${requestId}::uuid AND r.ended_at IS NULL AND r.taken_at IS NULL
           AND EXISTS (SELECT FROM login_typing t WHERE t.request_id = r.id
                          AND CASE WHEN t.typed_at IS NULL THEN t.open_until ELSE t.typed_at + make_interval(secs => ${LEFT_TYPED_SECONDS}) END <= clock_timestamp())`,
    );
  return ended;
}
