import { isRcmError, RcmError } from '@rcm/telemetry';
import type { Database, Transaction } from '../database.ts';
import { checkId, checkUuid, timestamp } from '../input.ts';
import type { AttemptState } from '../journal/attempt.ts';
import { writeNotification } from '../notifications/write.ts';

export interface ReadingOnce {
  readonly id: string;
  readonly orgId: string;
  /** Who signed in, as events name them. */
  readonly actor: string;
}

/** What a person may read now, once. */
export interface OpenedGlass {
  readonly endpointId: string;
  readonly approvedBy: string;
  /** Until then they may use it; then it is due to be rotated. */
  readonly until: Date;
}

/**
 * Whoever asked takes what a second person has approved, once and within its minutes. Committed together before anything is read: that it was taken, the audit event
 * (the table's own, so that nobody leaves it out), the notification, and that the login is due to be rotated when the minutes are over. `waits`: the key of the page in the console that
 * waits for it; where that waits no more, nothing is taken. Fails with `state_conflict` then, where nobody has approved it, for anybody else, when its minutes are over, where its login names another account by now, and where it was read already. For `rcm_rotator`.
 */
export async function openGlass(db: Database, { id, orgId, actor, waits }: ReadingOnce & { readonly waits?: Uint8Array | undefined }): Promise<OpenedGlass> {
  checkUuid('id', id);
  checkId('orgId', orgId);
  const opened = db.transaction({ tenant: orgId }, async (tx) => {
    if (waits) await mustWait(tx, { id, waits });
    const [taken] = await tx.$queryRaw<OpenedGlass[]>`
      UPDATE login_request r SET taken_at = clock_timestamp(), taken_by = ${actor}
       WHERE r.id = ${id}::uuid AND r.org_id = ${orgId} AND r.kind = 'break_glass' AND r.taken_at IS NULL AND r.ended_at IS NULL
      RETURNING r.endpoint_id AS "endpointId", r.decided_by AS "approvedBy", r.decided_at + make_interval(mins => r.minutes) AS until`;
    if (!taken) throw new RcmError('state_conflict', `It was read already, withdrawn or declined, or its time is over. ${NOTHING}`);
    await bringForward(tx, { orgId, ...taken });
    await writeNotification(tx, { kind: 'secret_read', key: id, orgId, endpointId: taken.endpointId, detail: `request ${id}` });
    return taken;
  });
  return opened.catch((error: unknown) => {
    const words = isRcmError(error) ? REFUSED.get(String(error.details.constraint)) : undefined;
    throw words === undefined ? error : new RcmError('state_conflict', `${words} ${NOTHING}`);
  });
}

/** Between a page that gives up and a rotator that begins at the same moment one is first, and the other sees it. */
export const inTurnOfReading = (tx: Transaction, id: string): Promise<number> =>
  tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtextextended('break_glass_reading ' || ${id}::text, 0))`;

async function mustWait(tx: Transaction, { id, waits }: { readonly id: string; readonly waits: Uint8Array }): Promise<void> {
  await inTurnOfReading(tx, id);
  const [there] = await tx.$queryRaw<unknown[]>`SELECT FROM break_glass_reading WHERE request_id = ${id}::uuid AND public_key = ${waits}::bytea`;
  if (!there) throw new RcmError('state_conflict', `The page that asked waits for it no more. ${NOTHING}`);
}

interface Read {
  readonly orgId: string;
  readonly endpointId: string;
  readonly until: Date;
}

async function bringForward(tx: Transaction, { orgId, endpointId, until }: Read): Promise<void> {
  await tx.$executeRaw`
    UPDATE integration_endpoint SET next_rotation_at = least(next_rotation_at, ${timestamp(until)}::timestamptz), updated_at = clock_timestamp()
     WHERE org_id = ${orgId} AND id = ${endpointId}`;
}

/**
 * Between what was read and its being shown: the login is still due, whatever rotation has ended since it was opened. Returns the state of the rotation that is open, `null`
 * where none is. Fails with `state_conflict` where the minutes are over by now, as of a process that was stopped on the way, and while a rotation has promoted its password and not
 * ended, also where it waits, or has made current in the store what was read and not said so: its end would make that password due in weeks. `madeBy`: the rotation that made what
 * was read, as it names itself; `null`: none.
 */
export async function stayDue(db: Database, read: Read & { readonly madeBy: string | null }): Promise<AttemptState | null> {
  return db.transaction({ tenant: read.orgId }, async (tx) => {
    // The row first: a rotation that ends writes it, too, so it has either ended before or is still seen as open.
    await bringForward(tx, read);
    const [late] = await tx.$queryRaw<unknown[]>`SELECT WHERE ${timestamp(read.until)}::timestamptz <= clock_timestamp()`;
    if (late) throw new RcmError('state_conflict', `${MINUTES_OVER} ${NOTHING}`);
    const [open] = await tx.$queryRaw<{ state: AttemptState; isEnding: boolean }[]>`
      SELECT a.state, coalesce(a.waiting_from, a.state) = 'promoted' OR (a.state <> 'blocked' AND a.id::text IS NOT DISTINCT FROM ${read.madeBy}::text) AS "isEnding"
        FROM rotation_attempt a JOIN integration_endpoint e ON e.login_identity = a.login_identity
       WHERE e.org_id = ${read.orgId} AND e.id = ${read.endpointId} AND a.ended_at IS NULL`;
    if (open?.isEnding) throw new RcmError('state_conflict', `A rotation is just ending: ask again. ${NOTHING}`);
    return open?.state ?? null;
  });
}

const NOTHING = 'Nothing was shown.';
const MINUTES_OVER = 'The minutes for which it was approved are over: ask again.';
/** By the constraint of the table that says no. */
const REFUSED: ReadonlyMap<string, string> = new Map([
  ['login_request_taken_once_approved', 'No second person has approved it yet.'],
  ['login_request_in_its_minutes', MINUTES_OVER],
  ['login_request_of_that_moment', 'The login names another account than when it was asked for: ask again.'],
  ['login_request_read_by_who_asked', 'Somebody else has asked for it: they alone may read it.'],
]);

/** Whether one of these channels has told people that it is being read. For `rcm_rotator`. */
export async function wasTold(
  db: Database,
  { id, orgId, channels }: { readonly id: string; readonly orgId: string; readonly channels: readonly string[] },
): Promise<boolean> {
  checkUuid('id', id);
  const rows = await db.transaction(
    { tenant: orgId },
    (tx) => tx.$queryRaw<unknown[]>`
      SELECT FROM notice n JOIN notice_delivery d ON d.notice_id = n.id
       WHERE n.org_id = ${orgId} AND n.dedup_key = ${`secret_read:${id}`} AND d.channel = ANY (${[...channels]}::text[]) AND d.delivered_at IS NOT NULL LIMIT 1`,
  );
  return rows.length > 0;
}
