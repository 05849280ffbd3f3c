import { byIndex } from '../by-index.ts';
import type { Database } from '../database.ts';
import { Prisma } from '../generated/client.ts';
import { checkId, checkLimit, checkUuid, timestamp } from '../input.ts';
import type { Scope } from '../scope.ts';
import { HOLDS } from './holds.ts';
import { type ActKind, type AskedResolution, type BREAK_GLASS, SECOND_PERSON_MS, type SET, type WideActKind } from './kinds.ts';

/** How far what somebody asked for has come. */
export type AskedActState = 'undecided' | 'waiting' | 'under way' | 'done' | 'failed' | 'expired' | 'left' | 'declined' | 'withdrawn' | 'outdated';

export interface AskedAct {
  readonly id: string;
  /** `null`, as `endpointId`: of no tenant, for a portal type or for everything. */
  readonly orgId: string | null;
  readonly endpointId: string | null;
  readonly portalTypeCode: string | null;
  readonly kind: ActKind | WideActKind | typeof BREAK_GLASS | typeof SET;
  /** Of `resolve`. */
  readonly choice: AskedResolution | null;
  /** Of `break_glass`: for how long it may be read once it is approved. */
  readonly minutes: number | null;
  readonly actor: string;
  readonly reason: string;
  readonly askedAt: Date;
  readonly endedAt: Date | null;
  readonly state: AskedActState;
  /** Who decided on it, and why; `null`: nobody, or nobody needed to. */
  readonly decidedBy: string | null;
  readonly decidedAt: Date | null;
  readonly decisionReason: string | null;
  /** Why whoever asked took it back. */
  readonly withdrawalReason: string | null;
  /** Of what holds for one moment of its login, or for one account, alone: how the login stood then, in words. */
  readonly loginStood: string | null;
  /** Of what failed: its stable code. */
  readonly code: string | null;
  /** What a person is told of how it ended. */
  readonly words: string | null;
}

const COLUMNS = Prisma.sql`r.id::text, r.org_id AS "orgId", r.endpoint_id AS "endpointId", r.portal_type_code AS "portalTypeCode", r.kind, r.choice, r.minutes, r.actor, r.reason,
  r.asked_at AS "askedAt", r.ended_at AS "endedAt", r.decided_by AS "decidedBy", r.decided_at AS "decidedAt", r.decision_reason AS "decisionReason", r.withdrawal_reason AS "withdrawalReason",
  r.login_stood AS "loginStood", r.code, r.words,
  CASE WHEN r.outcome IS NOT NULL THEN r.outcome
       WHEN r.taken_at IS NOT NULL THEN 'under way'
       -- No rotator has ended it yet, and nobody may decide on it any more, or take it.
       WHEN r.needs_second AND r.decision IS NULL AND r.asked_at <= clock_timestamp() - make_interval(secs => ${SECOND_PERSON_MS}::float8 / 1000) THEN 'expired'
       WHEN r.kind = 'break_glass' AND r.decided_at <= clock_timestamp() - make_interval(mins => r.minutes) THEN 'expired'
       WHEN NOT (${HOLDS}) THEN 'outdated'
       WHEN NOT r.needs_second OR r.decision IS NOT NULL THEN 'waiting'
       ELSE 'undecided' END AS state`;

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
      SELECT ${COLUMNS} FROM login_request r WHERE r.org_id = ${orgId} AND r.endpoint_id = ${endpointId} ORDER BY r.asked_at DESC, r.id LIMIT ${most}`,
  );
}

/** What the tenant has asked for under this id, however much was asked for at its login since; `null`: there is none. */
export async function findAskedAct(db: Database, { orgId, id }: { readonly orgId: string; readonly id: string }): Promise<AskedAct | null> {
  checkUuid('id', id);
  const [asked] = await db.transaction(
    { tenant: orgId },
    (tx) => tx.$queryRaw<AskedAct[]>`SELECT ${COLUMNS} FROM login_request r WHERE r.id = ${id}::uuid AND r.org_id = ${orgId}`,
  );
  return asked ?? null;
}

/** What was asked for portal types and for everything, the newest first. */
export async function listWideActs(db: Database, { limit }: { readonly limit: number }): Promise<readonly AskedAct[]> {
  const most = checkLimit(limit);
  return byIndex(
    db,
    'every tenant',
    (tx) => tx.$queryRaw<AskedAct[]>`SELECT ${COLUMNS} FROM login_request r WHERE r.org_id IS NULL ORDER BY r.asked_at DESC LIMIT ${most}`,
  );
}

/** What waits for a second person, the oldest first. */
export async function listUndecidedActs(db: Database, scope: Extract<Scope, 'every tenant' | object>, limit: number): Promise<readonly AskedAct[]> {
  const most = checkLimit(limit);
  return byIndex(
    db,
    scope,
    (tx) => tx.$queryRaw<AskedAct[]>`
      SELECT ${COLUMNS} FROM login_request r
       WHERE r.needs_second AND r.decision IS NULL AND r.ended_at IS NULL AND r.asked_at > clock_timestamp() - make_interval(secs => ${SECOND_PERSON_MS}::float8 / 1000)
       ORDER BY r.asked_at LIMIT ${most}`,
  );
}

/** Who asked to read a password, the newest first; of one organization and time where that is asked. For `rcm_operator`. */
export async function listBreakGlass(
  db: Database,
  { limit, within }: { readonly limit: number; readonly within?: { readonly orgId: string; readonly from: Date; readonly until: Date } },
): Promise<readonly AskedAct[]> {
  const most = checkLimit(limit);
  const asked = within
    ? Prisma.sql`AND r.org_id = ${checkId('orgId', within.orgId)} AND r.asked_at >= ${timestamp(within.from)}::timestamptz AND r.asked_at < ${timestamp(within.until)}::timestamptz`
    : Prisma.empty;
  return byIndex(
    db,
    within ? { tenant: within.orgId } : 'every tenant',
    (tx) => tx.$queryRaw<AskedAct[]>`SELECT ${COLUMNS} FROM login_request r WHERE r.kind = 'break_glass' ${asked} ORDER BY r.asked_at DESC LIMIT ${most}`,
  );
}

/** What a person has named by its id alone; `null`: there is none. For `rcm_operator` and `rcm_rotator`. */
export async function findBreakGlass(db: Database, { id }: { readonly id: string }): Promise<AskedAct | null> {
  checkUuid('id', id);
  const [asked] = await byIndex(
    db,
    'every tenant',
    (tx) => tx.$queryRaw<AskedAct[]>`SELECT ${COLUMNS} FROM login_request r WHERE r.id = ${id}::uuid AND r.kind = 'break_glass'`,
  );
  return asked ?? null;
}
