import { RcmError } from '@rcm/telemetry';
import { Prisma } from '../generated/client.ts';
import { byIndex, byIndexSorted } from '../by-index.ts';
import type { Database, Transaction } from '../database.ts';
import { refuseStart } from '../admission/admit.ts';
import type { StartRefusal, StartRules } from '../admission/rules.ts';
import { lockEndpointIdentity, lockIdentity } from '../identity.ts';
import { checkLimit, checkUuid } from '../input.ts';
import type { Scope } from '../scope.ts';
import { concernsOthers } from './concerns-others.ts';
import { type OpenRotation, openRotation } from './open-rotation.ts';
import { requestOf } from './request.ts';
import { attemptOf, JOURNAL_VERSION, type AttemptReason, type AttemptState, type RotationAttempt } from './attempt.ts';

export interface RotationPlan {
  /** UUID; also names the staged secret. */
  readonly attemptId: string;
  /** The live exclusive lease, and its fence. */
  readonly leaseId: string;
  readonly fence: bigint;
  readonly endpointId: string;
  readonly orgId: string;
  readonly owner: string;
  readonly reason: AttemptReason;
  /** The store's current version; must be the row's too. */
  readonly baseVersion: string;
  readonly recipeHash: string;
  /** Of a demand, a compromise or a rollback: the row that asks for it (`requestRotation`), which also names the version of a rollback. */
  readonly requestId?: string | undefined;
  /** What may hold a start back besides a pause and an open breaker; with them, nobody else must be concerned. Default: nothing. */
  readonly rules?: StartRules;
}

/**
 * Opens the journal of a rotation in state `planned`. Needs the live exclusive lease (`lease_lost` otherwise). Not created: another
 * attempt of the login is open (`open`), the row no longer says `baseVersion` (`open: null`), or it may not start now (`refusal`).
 * Repeating a plan returns it.
 * Fails with `state_conflict` where another organization's attempt of the same login is open, `rotation_refused` where nobody has asked for it.
 */
export async function planRotation(
  db: Database,
  plan: RotationPlan,
): Promise<
  | { readonly created: true; readonly attempt: RotationAttempt }
  | { readonly created: false; readonly open: RotationAttempt | null; readonly refusal?: StartRefusal }
> {
  checkUuid('attemptId', plan.attemptId);
  checkUuid('leaseId', plan.leaseId);
  return db.transaction({ tenant: plan.orgId }, async (tx) => {
    const identity = await lockEndpointIdentity(tx, plan);
    const lease = await tx.loginLease.findFirst({ where: { id: plan.leaseId, loginIdentity: identity.id, kind: 'exclusive', fence: plan.fence } });
    if (!lease || lease.expiresAt <= identity.now) throw new RcmError('lease_lost', 'A rotation is planned only under the live exclusive lease of its login.');
    const open = await tx.rotationAttempt.findFirst({ where: { loginIdentity: identity.id, endedAt: null } });
    if (open) {
      const isOwn = open.id === plan.attemptId && open.fence === plan.fence && open.state === 'planned';
      return isOwn ? { created: true, attempt: attemptOf(open) } : { created: false, open: attemptOf(open) };
    }
    if (await openRotation(tx, identity.id))
      throw new RcmError(
        'state_conflict',
        'Another organization is rotating this login; a login that several organizations use is not rotated for one of them.',
      );
    const endpoint = await tx.integrationEndpoint.findFirstOrThrow({ where: { id: plan.endpointId, orgId: plan.orgId } });
    if (endpoint.secretArn === null || endpoint.currentVersion !== plan.baseVersion) return { created: false, open: null };
    const { secretArn, portalTypeCode } = endpoint;
    const asked = await requestOf(tx, plan);
    const refusal = await refusePlan(tx, plan, { loginIdentity: identity.id, secretArn, portalTypeCode });
    if (refusal) return { created: false, open: null, refusal };
    const attempt = await tx.rotationAttempt.create({
      data: {
        id: plan.attemptId,
        loginIdentity: identity.id,
        orgId: plan.orgId,
        endpointId: plan.endpointId,
        portalTypeCode,
        state: 'planned',
        fence: plan.fence,
        owner: plan.owner,
        reason: plan.reason,
        secretArn,
        baseVersion: plan.baseVersion,
        recipeHash: plan.recipeHash,
        ...asked,
        journalVersion: JOURNAL_VERSION,
        createdAt: identity.now,
        updatedAt: identity.now,
      },
    });
    await tx.integrationEndpoint.updateMany({
      where: { orgId: plan.orgId, secretArn },
      data: { rotationStatus: 'pending', updatedAt: identity.now },
    });
    return { created: true, attempt: attemptOf(attempt) };
  });
}

/** Whoever plans by rules has decided before it read the store, which may be a while ago; what is planned without them is what nobody had to decide. */
async function refusePlan(
  tx: Transaction,
  plan: RotationPlan,
  { portalTypeCode, ...login }: { readonly loginIdentity: string; readonly secretArn: string; readonly portalTypeCode: string },
): Promise<StartRefusal | null> {
  if (plan.rules && (await concernsOthers(tx, { ...login, orgId: plan.orgId }))) return 'changed';
  return refuseStart(tx, { ...plan, portalTypeCode }, plan.rules ?? null);
}

/** The login's open attempt, if the organization has one; there is never more than one. */
export async function getOpenAttempt(
  db: Database,
  { orgId, loginIdentity }: { readonly orgId: string; readonly loginIdentity: string },
): Promise<RotationAttempt | null> {
  const row = await db.transaction({ tenant: orgId }, (tx) => tx.rotationAttempt.findFirst({ where: { loginIdentity, endedAt: null } }));
  return row && attemptOf(row);
}

/** The login's open rotation, whichever organization's: of another's no more than how far it is. `null`: there is none. */
export const findOpenRotation = (
  db: Database,
  { orgId, loginIdentity }: { readonly orgId: string; readonly loginIdentity: string },
): Promise<OpenRotation | null> => db.rawTransaction({ tenant: orgId }, (tx) => openRotation(tx, loginIdentity));

export async function getAttempt(db: Database, { attemptId }: { readonly attemptId: string }): Promise<RotationAttempt | null> {
  checkUuid('attemptId', attemptId);
  const row = await db.transaction('every tenant', (tx) => tx.rotationAttempt.findUnique({ where: { id: attemptId } }));
  return row && attemptOf(row);
}

/** When an open attempt may be gone on with, unless somebody has it in hand: as its index says it. */
const mayGoOnAt = (row: 'a' | 'b'): Prisma.Sql => Prisma.raw(`(CASE WHEN ${row}.state = 'waiting' THEN ${row}.waiting_until ELSE ${row}.created_at END)`);
/** Nobody holds the login's exclusive lease, by Postgres's clock. */
const OWNER_GONE = Prisma.sql`NOT EXISTS (SELECT 1 FROM login_lease l WHERE l.login_identity = a.login_identity AND l.kind = 'exclusive' AND l.expires_at > clock_timestamp())`;

/**
 * Open attempts, the oldest first. With `ownerGone` only those that a recovery may take up now: nobody holds the login's
 * exclusive lease, nothing to wait for, not blocked; that first which could be taken up first, by the end of its wait or by its beginning. With `after`, an attempt's id, only those behind it.
 */
export async function listOpenAttempts(
  db: Database,
  {
    ownerGone = false,
    limit,
    after = null,
    scope = 'every tenant',
  }: { readonly ownerGone?: boolean; readonly limit: number; readonly after?: string | null; readonly scope?: Scope },
): Promise<RotationAttempt[]> {
  return byIndex(db, scope, async (client) => {
    // Each order has an index of its own, so that no recovery passes over those that wait or are blocked.
    const [at, only] = ownerGone
      ? [(row: 'a' | 'b') => mayGoOnAt(row), Prisma.sql`a.state <> 'blocked' AND ${mayGoOnAt('a')} <= now() AND ${OWNER_GONE}`]
      : [(row: 'a' | 'b') => Prisma.raw(`${row}.created_at`), Prisma.sql`true`];
    const behind =
      after === null ? Prisma.sql`true` : Prisma.sql`(${at('a')}, a.id) > (SELECT ${at('b')}, b.id FROM rotation_attempt b WHERE b.id = ${after}::uuid)`;
    const ids = await client.$queryRaw<{ id: string }[]>`
      SELECT a.id::text FROM rotation_attempt a WHERE a.ended_at IS NULL AND ${only} AND ${behind} ORDER BY ${at('a')}, a.id LIMIT ${checkLimit(limit)}`;
    // Put in order here: asked for in an order, they would be sought through all attempts there ever were, in that order.
    const rows = new Map((await client.rotationAttempt.findMany({ where: { id: { in: ids.map((row) => row.id) } } })).map((row) => [row.id, row]));
    return ids.flatMap(({ id }) => rows.get(id) ?? []).map(attemptOf);
  });
}

/** The newest attempts first, of the given states or of all. */
export async function listAttempts(
  db: Database,
  { limit, states }: { readonly limit: number; readonly states?: readonly AttemptState[] },
): Promise<RotationAttempt[]> {
  // The open ones are few, and have an index of their own.
  const where = states ? { state: { in: [...states] }, ...(states.every((state) => state !== 'done' && state !== 'abandoned') ? { endedAt: null } : {}) } : {};
  const rows = await byIndexSorted(db, 'every tenant', (tx) =>
    tx.rotationAttempt.findMany({ where, orderBy: [{ createdAt: 'desc' }, { id: 'asc' }], take: checkLimit(limit) }),
  );
  return rows.map(attemptOf);
}

/**
 * Takes over an open attempt whose owner is gone: its fence goes up to the caller's, so the old owner's next write finds no row.
 * Only upwards, and only with the live exclusive lease of that fence; `null` otherwise. Repeating it returns the attempt again.
 */
export async function adoptAttempt(
  db: Database,
  { attemptId, orgId, fence, owner }: { readonly attemptId: string; readonly orgId: string; readonly fence: bigint; readonly owner: string },
): Promise<RotationAttempt | null> {
  return db.transaction({ tenant: orgId }, async (tx) => {
    const seen = await lockAttempt(tx, attemptId);
    if (!seen || seen.endedAt !== null || seen.fence > fence || (seen.fence === fence && seen.owner !== owner)) return null;
    const adopted = await tx.$executeRaw`
      UPDATE rotation_attempt a SET fence = ${fence}, owner = ${owner}, updated_at = clock_timestamp()
       WHERE a.id = ${attemptId}::uuid AND a.ended_at IS NULL AND a.fence <= ${fence}
         AND EXISTS (SELECT 1 FROM login_lease l
                      WHERE l.login_identity = a.login_identity AND l.kind = 'exclusive' AND l.fence = ${fence} AND l.expires_at > clock_timestamp())`;
    return adopted === 1 ? attemptOf(await tx.rotationAttempt.findUniqueOrThrow({ where: { id: attemptId } })) : null;
  });
}

/** Locks the attempt's login identity, then reads the attempt. `null`: there is no such attempt. */
export async function lockAttempt(tx: Transaction, attemptId: string): Promise<RotationAttempt | null> {
  checkUuid('attemptId', attemptId);
  const seen = await tx.rotationAttempt.findUnique({ where: { id: attemptId }, select: { loginIdentity: true } });
  if (!seen) return null;
  await lockIdentity(tx, seen.loginIdentity);
  return attemptOf(await tx.rotationAttempt.findUniqueOrThrow({ where: { id: attemptId } }));
}
