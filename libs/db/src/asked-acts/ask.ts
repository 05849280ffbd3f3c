import { REASON, RcmError } from '@rcm/telemetry';
import { writeAuditEvent, writeAuditEventForAll } from '../audit/record.ts';
import type { Database, Transaction } from '../database.ts';
import { mustBePortalType, subjectOf } from '../admission/pause.ts';
import { checkId } from '../input.ts';
import { writeNotification } from '../notifications/write.ts';
import { IS_OVER } from './holds.ts';
import { type ActKind, type AskedResolution, BREAK_GLASS_MINUTES, type SET, type WideActKind } from './kinds.ts';

interface PersonAsks {
  readonly actor: string;
  readonly reason: string;
}

export type NewAct = PersonAsks & { readonly orgId: string; readonly endpointId: string } & (
    | { readonly kind: Exclude<ActKind, 'resolve'> | typeof SET }
    | { readonly kind: 'resolve'; readonly choice: AskedResolution }
    | { readonly kind: 'break_glass'; readonly minutes: number }
  );

/** `portalTypeCode`: `null` is everything. */
export type NewWideAct = PersonAsks & { readonly kind: WideActKind; readonly portalTypeCode: string | null };

/** More than this waiting at one login is somebody's finger on a button, or a machine. */
const MOST_WAITING = 3;
/** What an organization's people are to type at a time: a rotator waits for twice as many, so that they leave room for others. */
const MOST_TYPING = 8;
const ASKED_ALREADY = 'The same was asked for already and has not ended. Nothing was changed.';

/**
 * A person asks a rotator for an act on a login of their tenant; it writes the act's audit event when it begins. What needs a second person waits for one, holds for the
 * login as it stands now, and is told of at once, in the audit and by a notification. Fails with `input_invalid` without a reason, `endpoint_unknown` for a login that the tenant does not have, `state_conflict` where the same is
 * waiting already. For `rcm_console`, for `rcm_migrator`, which asks for `verify` alone, and for `rcm_operator`, which asks for `break_glass` alone.
 */
export async function askAct(db: Database, act: NewAct): Promise<{ readonly id: string }> {
  const [orgId, endpointId] = [checkId('orgId', act.orgId), checkId('endpointId', act.endpointId)];
  const reason = checkReason(act.reason);
  const { kind, actor } = act;
  return db.transaction({ tenant: orgId }, async (tx) => {
    const [login] = await tx.$queryRaw<{ id: string }[]>`SELECT e.id FROM integration_endpoint e WHERE e.id = ${endpointId} AND e.org_id = ${orgId}`;
    if (!login) throw new RcmError('endpoint_unknown', `There is no endpoint ${endpointId}. Nothing was changed.`);
    const open = await tx.$queryRaw<{ kind: string }[]>`
      SELECT r.kind FROM login_request r WHERE r.org_id = ${orgId} AND r.endpoint_id = ${endpointId} AND r.ended_at IS NULL AND NOT (${IS_OVER})`;
    if (open.some((each) => each.kind === kind) || open.length >= MOST_WAITING) throw new RcmError('state_conflict', ASKED_ALREADY);
    if (kind === 'set') await mustHaveRoom(tx, orgId);
    if (NEED_A_SECOND.has(kind)) return askOfTwo(tx, { ...act, orgId, endpointId, reason });
    // Names no column more: `rcm_migrator` may write no other.
    return only(
      await tx.$queryRaw<{ id: string }[]>`
        INSERT INTO login_request (org_id, endpoint_id, kind, actor, reason) VALUES (${orgId}, ${endpointId}, ${kind}, ${actor}, ${reason}) RETURNING id::text`,
    );
  });
}

const NEED_A_SECOND: ReadonlySet<NewAct['kind']> = new Set(['resolve', 'rollback', 'break_glass']);

/** Asks for what waits for a second person, and tells of it where they look. */
async function askOfTwo(tx: Transaction, act: NewAct): Promise<{ readonly id: string }> {
  const { kind, orgId, endpointId, actor, reason } = act;
  const choice = act.kind === 'resolve' ? act.choice : null;
  const minutes = act.kind === 'break_glass' ? checkMinutes(act.minutes) : null;
  const asked = only(
    await tx.$queryRaw<{ id: string }[]>`
      INSERT INTO login_request (org_id, endpoint_id, kind, choice, minutes, actor, reason)
      VALUES (${orgId}, ${endpointId}, ${kind}, ${choice}, ${minutes}::integer, ${actor}, ${reason}) RETURNING id::text`,
  );
  const details = { requestId: asked.id, act: kind, ...(choice ? { accept: choice } : {}), ...(minutes ? { minutes } : {}) };
  await writeAuditEvent(tx, { orgId, actor, action: 'approval.asked', subject: endpointId, reason, details });
  const detail = `${kind}${choice ? ` --accept ${choice}` : ''}${minutes ? ` --minutes ${minutes}` : ''}`;
  await writeNotification(tx, { kind: 'approval_waiting', key: asked.id, orgId, endpointId, detail });
  return asked;
}

async function mustHaveRoom(tx: Transaction, orgId: string): Promise<void> {
  const typing = await tx.$queryRaw<unknown[]>`
    SELECT FROM login_request r WHERE r.org_id = ${orgId} AND r.kind = 'set' AND r.ended_at IS NULL AND r.taken_at IS NULL LIMIT ${MOST_TYPING}`;
  if (typing.length >= MOST_TYPING)
    throw new RcmError(
      'state_conflict',
      `${MOST_TYPING} logins of this organization wait already for what somebody types: type or withdraw one first. Nothing was changed.`,
    );
}

/**
 * A person asks that rotations pause, or go on, at a portal type or everywhere; it waits for a second one. Told of in the chain of every organization that it touches.
 * Fails as `askAct`, with `input_invalid` for a portal type that is not there. For `rcm_console`.
 */
export async function askWideAct(db: Database, { kind, portalTypeCode, actor, ...act }: NewWideAct): Promise<{ readonly id: string }> {
  const reason = checkReason(act.reason);
  const code = portalTypeCode === null ? null : checkId('portalTypeCode', portalTypeCode);
  return db.transaction('every tenant', async (tx) => {
    if (code !== null) await mustBePortalType(tx, code);
    const open = await tx.$queryRaw<{ kind: string }[]>`
      SELECT r.kind FROM login_request r WHERE r.org_id IS NULL AND r.ended_at IS NULL AND r.kind = ${kind} AND r.portal_type_code IS NOT DISTINCT FROM ${code}::text`;
    if (open.length > 0) throw new RcmError('state_conflict', ASKED_ALREADY);
    const asked = only(
      await tx.$queryRaw<{ id: string }[]>`
        INSERT INTO login_request (kind, portal_type_code, actor, reason) VALUES (${kind}, ${code}, ${actor}, ${reason}) RETURNING id::text`,
    );
    const event = { actor, action: 'approval.asked', subject: subjectOf(code), reason, details: { requestId: asked.id, act: kind } };
    await writeAuditEventForAll(tx, code, event);
    await writeNotification(tx, { kind: 'approval_waiting', key: asked.id, portalTypeCode: code, detail: kind });
    return asked;
  });
}

export function checkReason(given: string): string {
  if (REASON.is(given)) return given.trim();
  throw new RcmError('input_invalid', `Say why: it goes into the audit trail, and ${REASON.must}. Nothing was changed.`);
}

function checkMinutes(minutes: number): number {
  const { least, most } = BREAK_GLASS_MINUTES;
  if (Number.isInteger(minutes) && minutes >= least && minutes <= most) return minutes;
  throw new RcmError('input_invalid', `For how many minutes it may be read is a whole number from ${least} to ${most}. Nothing was changed.`);
}

function only<Row>([row]: readonly Row[]): Row {
  if (!row) throw new Error('a statement without a row');
  return row;
}
