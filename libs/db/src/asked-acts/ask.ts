import { RcmError } from '@rcm/telemetry';
import type { Database } from '../database.ts';
import { checkId, checkLimit } from '../input.ts';
import type { ActKind } from './take.ts';

/** How far what somebody asked for has come. */
export type AskedActState = 'waiting' | 'under way' | 'done' | 'failed' | 'expired' | 'left';

export interface AskedAct {
  readonly id: string;
  readonly kind: ActKind;
  readonly actor: string;
  readonly reason: string;
  readonly askedAt: Date;
  readonly endedAt: Date | null;
  readonly state: AskedActState;
  /** Of what failed: its stable code. */
  readonly code: string | null;
  /** What a person is told of how it ended. */
  readonly words: string | null;
}

/** More than this waiting at one login is somebody's finger on a button, or a machine. */
const MOST_WAITING = 3;
const LONGEST_REASON = 500;

/**
 * A person asks a rotator for an act on a login of their tenant; it writes the act's audit event when it begins. Fails with `input_invalid` without a reason,
 * `endpoint_unknown` for a login that the tenant does not have, `state_conflict` where the same is waiting already. For `rcm_console`, and for `rcm_migrator`, which asks for `verify` alone.
 */
export async function askAct(
  db: Database,
  act: { readonly orgId: string; readonly endpointId: string; readonly kind: ActKind; readonly actor: string; readonly reason: string },
): Promise<{ readonly id: string }> {
  const [orgId, endpointId] = [checkId('orgId', act.orgId), checkId('endpointId', act.endpointId)];
  const reason = act.reason.trim();
  if (reason === '' || reason.length > LONGEST_REASON)
    throw new RcmError('input_invalid', `Say why, in ${LONGEST_REASON} characters at most: it goes into the audit trail. Nothing was changed.`);
  return db.transaction({ tenant: orgId }, async (tx) => {
    const [login] = await tx.$queryRaw<{ id: string }[]>`SELECT e.id FROM integration_endpoint e WHERE e.id = ${endpointId} AND e.org_id = ${orgId}`;
    if (!login) throw new RcmError('endpoint_unknown', `There is no endpoint ${endpointId}. Nothing was changed.`);
    const open = await tx.$queryRaw<{ kind: string }[]>`
      SELECT r.kind FROM login_request r WHERE r.org_id = ${orgId} AND r.endpoint_id = ${endpointId} AND r.ended_at IS NULL`;
    if (open.some(({ kind }) => kind === act.kind) || open.length >= MOST_WAITING)
      throw new RcmError('state_conflict', 'The same was asked for already and has not ended. Nothing was changed.');
    const [row] = await tx.$queryRaw<{ id: string }[]>`
      INSERT INTO login_request (org_id, endpoint_id, kind, actor, reason) VALUES (${orgId}, ${endpointId}, ${act.kind}, ${act.actor}, ${reason}) RETURNING id::text`;
    if (!row) throw new Error('a statement without a row');
    return row;
  });
}

/** What was asked for at one login, the newest first. */
export async function listAskedActs(
  db: Database,
  { orgId, endpointId, limit }: { readonly orgId: string; readonly endpointId: string; readonly limit: number },
): Promise<readonly AskedAct[]> {
  checkId('endpointId', endpointId);
  const most = checkLimit(limit);
  return db.transaction(
    { tenant: orgId },
    (tx) => tx.$queryRaw<AskedAct[]>`
      SELECT r.id::text, r.kind, r.actor, r.reason, r.asked_at AS "askedAt", r.ended_at AS "endedAt", r.code, r.words,
             coalesce(r.outcome, CASE WHEN r.taken_at IS NULL THEN 'waiting' ELSE 'under way' END) AS state
        FROM login_request r WHERE r.org_id = ${orgId} AND r.endpoint_id = ${endpointId} ORDER BY r.asked_at DESC, r.id LIMIT ${most}`,
  );
}
