import { RcmError } from '@rcm/telemetry';
import { byIndex } from '../by-index.ts';
import type { Database } from '../database.ts';
import { checkId, checkUuid } from '../input.ts';
import type { SealedFor } from '../sealing/one-time-key.ts';
import { isSamePerson } from './asked.ts';
import { inTurnOfReading, type ReadingOnce } from './open-glass.ts';

/** So many passwords an hour are read by people in a day on which nothing works; whoever wants more has taken the console over. */
export const MOST_READ_AN_HOUR = 12;
/** Nobody waits so long for an answer: what is sealed for a process that is gone opens for nobody. */
const LEFT_MINUTES = 5;
const LONGEST_WORDS = 1_000;

/** By what the key of one reading is bound: at the process that asks, and at the rotator that seals for it. */
export const sealedForReading = (requestId: string): SealedFor => ({ use: `break-glass ${requestId}` });

interface OfReading {
  readonly requestId: string;
  readonly orgId: string;
}

/**
 * The console asks in the name of whoever asked for it to read what a second person has approved; `publicKey`: of `createOneTimeKey`. Fails with `state_conflict` for anybody else, where nobody has approved it,
 * where it was read or has ended, and while it is being read. `false`: there is no such request in that tenant. For `rcm_console`.
 */
export async function askToRead(db: Database, { id, orgId, actor, publicKey }: ReadingOnce & { readonly publicKey: Uint8Array }): Promise<boolean> {
  checkUuid('id', id);
  checkId('orgId', orgId);
  return db.transaction({ tenant: orgId }, async (tx) => {
    const [asked] = await tx.$queryRaw<{ actor: string; approved: boolean; over: boolean; read: boolean }[]>`
      SELECT r.actor, coalesce(r.decision = 'approved', false) AS approved, r.taken_at IS NOT NULL AS read,
             r.ended_at IS NOT NULL OR coalesce(r.decided_at + make_interval(mins => r.minutes) <= clock_timestamp(), false) AS over
        FROM login_request r WHERE r.id = ${id}::uuid AND r.org_id = ${orgId} AND r.kind = 'break_glass'`;
    if (!asked) return false;
    const refused = whyNot({ ...asked, own: isSamePerson(actor, asked.actor) });
    if (refused !== null) throw new RcmError('state_conflict', `${refused} Nothing was shown.`);
    const rows = await tx.$executeRaw`
      INSERT INTO break_glass_reading (request_id, org_id, actor, public_key) VALUES (${id}::uuid, ${orgId}, ${actor}, ${publicKey}) ON CONFLICT DO NOTHING`;
    if (rows === 0) throw new RcmError('state_conflict', 'It is being read in another window. Nothing was shown here.');
    return true;
  });
}

function whyNot({
  own,
  approved,
  read,
  over,
}: {
  readonly own: boolean;
  readonly approved: boolean;
  readonly read: boolean;
  readonly over: boolean;
}): string | null {
  if (!own) return 'Somebody else has asked for it: they alone may read it.';
  if (read) return 'It was read already: it is shown once.';
  if (over) return 'It was withdrawn or declined, or its time is over: ask again.';
  return approved ? null : 'No second person has approved it yet.';
}

/** What came of it, once. `null`: nothing yet. */
export type ReadingAnswer =
  { readonly kind: 'sealed'; readonly sealed: Uint8Array } | { readonly kind: 'refused'; readonly code: string; readonly words: string };

/** Takes the answer out of the database. For `rcm_console`. */
export async function takeReadingAnswer(db: Database, { requestId, orgId }: OfReading): Promise<ReadingAnswer | null> {
  checkUuid('requestId', requestId);
  const [row] = await db.transaction(
    { tenant: orgId },
    (tx) => tx.$queryRaw<{ sealed: Uint8Array | null; code: string; words: string }[]>`
      SELECT sealed, code, words FROM break_glass_reading WHERE request_id = ${requestId}::uuid AND org_id = ${orgId} AND (sealed IS NOT NULL OR words IS NOT NULL)`,
  );
  if (!row) return null;
  // It is here now, and opens for this process alone. Where this fails it is taken away after minutes (`takeReading`): to fail for it would spend the password for nobody.
  await db
    .transaction({ tenant: orgId }, (tx) => tx.$executeRaw`DELETE FROM break_glass_reading WHERE request_id = ${requestId}::uuid AND org_id = ${orgId}`)
    .catch(() => undefined);
  return row.sealed ? { kind: 'sealed', sealed: row.sealed } : { kind: 'refused', code: row.code, words: row.words };
}

/** Waits no longer. `true`: no rotator has begun it, and none begins it any more (`openGlass`); so nothing was read, and it may be asked for again. For `rcm_console`. */
export async function leaveReading(db: Database, { requestId, orgId }: OfReading): Promise<boolean> {
  checkUuid('requestId', requestId);
  return db.transaction({ tenant: orgId }, async (tx) => {
    await inTurnOfReading(tx, requestId);
    const rows = await tx.$executeRaw`
      DELETE FROM break_glass_reading b WHERE b.request_id = ${requestId}::uuid AND b.org_id = ${orgId}
         AND (b.taken_at IS NULL OR EXISTS (SELECT FROM login_request r WHERE r.id = b.request_id AND r.taken_at IS NULL))`;
    return rows > 0;
  });
}

export interface ReadingToDo extends OfReading {
  readonly actor: string;
  readonly publicKey: Uint8Array;
  /** How many passwords were read within the hour before, or may be by whoever has taken one before this one and has not begun it yet. */
  readonly readBefore: number;
}

/** Takes what the console asks to read, the oldest first, once; and takes away what nobody has come for. For `rcm_rotator`. */
export async function takeReading(db: Database): Promise<ReadingToDo | null> {
  const waiting = await byIndex(
    db,
    'every tenant',
    (tx) => tx.$queryRaw<(OfReading & { readonly left: boolean })[]>`
      SELECT b.request_id::text AS "requestId", b.org_id AS "orgId", b.asked_at < clock_timestamp() - make_interval(mins => ${LEFT_MINUTES}) AS left
        FROM break_glass_reading b WHERE b.taken_at IS NULL OR b.asked_at < clock_timestamp() - make_interval(mins => ${LEFT_MINUTES}) ORDER BY b.asked_at LIMIT 100`,
  );
  for (const { requestId, orgId, left } of waiting) {
    if (left) {
      await db.transaction({ tenant: orgId }, (tx) => tx.$executeRaw`DELETE FROM break_glass_reading WHERE request_id = ${requestId}::uuid`);
      continue;
    }
    const [mine] = await db.transaction({ tenant: orgId }, async (tx) => {
      // One after the other, so that whoever takes one sees each that was taken before it.
      await tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtextextended('break_glass_reading', 0))`;
      return tx.$queryRaw<Omit<ReadingToDo, 'readBefore'>[]>`
        UPDATE break_glass_reading b SET taken_at = clock_timestamp() WHERE b.request_id = ${requestId}::uuid AND b.taken_at IS NULL
        RETURNING b.request_id::text AS "requestId", b.org_id AS "orgId", b.actor, b.public_key AS "publicKey"`;
    });
    if (mine) return { ...mine, readBefore: await readBefore(db, requestId) };
  }
  return null;
}

/**
 * Each was approved within the hour of its asking and read within the hour of that. Besides those: what a rotator has in hand since before this one, and has neither begun
 * nor answered.
 */
async function readBefore(db: Database, requestId: string): Promise<number> {
  const [row] = await byIndex(
    db,
    'every tenant',
    (tx) => tx.$queryRaw<{ count: number }[]>`
      SELECT ((SELECT count(*) FROM login_request r
                WHERE r.kind = 'break_glass' AND r.asked_at > clock_timestamp() - interval '3 hours' AND r.taken_at > clock_timestamp() - interval '1 hour')
            + (SELECT count(*) FROM break_glass_reading m JOIN break_glass_reading b ON b.taken_at < m.taken_at JOIN login_request r ON r.id = b.request_id
                WHERE m.request_id = ${requestId}::uuid AND b.sealed IS NULL AND b.words IS NULL AND r.taken_at IS NULL AND r.ended_at IS NULL))::integer AS count`,
  );
  return row?.count ?? 0;
}

/** Gives the console what only its process can open, or why there is nothing. What the console has left meanwhile is given to nobody, nor to a page that asked after it. For `rcm_rotator`. */
export async function answerReading(
  db: Database,
  { requestId, orgId, publicKey, ...answer }: Pick<ReadingToDo, 'requestId' | 'orgId' | 'publicKey'> & ReadingAnswer,
): Promise<void> {
  checkUuid('requestId', requestId);
  const sealed = answer.kind === 'sealed' ? answer.sealed : null;
  const [code, words] = answer.kind === 'refused' ? [answer.code, answer.words.slice(0, LONGEST_WORDS)] : [null, null];
  await db.transaction(
    { tenant: orgId },
    (tx) => tx.$executeRaw`
      UPDATE break_glass_reading SET sealed = ${sealed}::bytea, code = ${code}::text, words = ${words}::text
       WHERE request_id = ${requestId}::uuid AND org_id = ${orgId} AND public_key = ${publicKey}::bytea AND taken_at IS NOT NULL AND sealed IS NULL AND words IS NULL`,
  );
}
