import { writeAuditEvent, writeAuditEventForAll } from '../audit/record.ts';
import type { Database, Transaction } from '../database.ts';
import { RcmError } from '@rcm/telemetry';
import type { Prisma, RotationPause as Row } from '../generated/client.ts';
import type { Scope } from '../scope.ts';
import { type Began, closeBreaker } from './breaker.ts';

/** What is paused or goes on: everything, one portal type, or one login. */
export type PauseScope =
  | { readonly kind: 'all' }
  | { readonly kind: 'portal_type'; readonly portalTypeCode: string }
  | { readonly kind: 'endpoint'; readonly orgId: string; readonly endpointId: string };

export interface Pause {
  readonly scope: PauseScope;
  readonly actor: string;
  readonly reason: string;
  readonly pausedAt: Date;
}

const scopeOf = (pause: PauseScope): Scope => (pause.kind === 'endpoint' ? { tenant: pause.orgId } : 'every tenant');

const columnsOf = (pause: PauseScope) => ({
  portalTypeCode: pause.kind === 'portal_type' ? pause.portalTypeCode : null,
  orgId: pause.kind === 'endpoint' ? pause.orgId : null,
  endpointId: pause.kind === 'endpoint' ? pause.endpointId : null,
});

/** What there was to end, and what holds rotations of the scope back all the same. */
export interface ResumedRotations {
  readonly wasPaused: boolean;
  readonly wasStopped: boolean;
  /** Other pauses: those that cover the scope first, then those of parts of it. 20 at most. */
  readonly stillPaused: readonly PauseScope[];
  /** Of how many these are the first. */
  readonly stillPausedInAll: number;
}

/**
 * From here on no rotation starts in this scope; those under way end. With its audit event in one transaction, in the chain of every
 * organization it touches. Pausing again changes nothing (`false`), and leaves no event: the first reason stands.
 * Fails with `input_invalid` for a portal type or endpoint that is not there.
 */
export async function pauseRotations(db: Database, pause: { readonly scope: PauseScope; readonly actor: string; readonly reason: string }): Promise<boolean> {
  const { portalTypeCode, orgId, endpointId } = columnsOf(pause.scope);
  return db.transaction(scopeOf(pause.scope), async (tx) => {
    await checkScope(tx, pause.scope);
    const written = await tx.$executeRaw`
      INSERT INTO rotation_pause (portal_type_code, org_id, endpoint_id, actor, reason)
      VALUES (${portalTypeCode}, ${orgId}, ${endpointId}, ${pause.actor}, ${pause.reason}) ON CONFLICT DO NOTHING`;
    if (written > 0) await audit(tx, pause.scope, { ...pause, action: 'rotation.paused' });
    return written > 0;
  });
}

interface Resumption {
  readonly scope: PauseScope;
  readonly actor: string;
  readonly reason: string;
  /** When a person asked for it, where it is done later: what was paused or stopped since, for whatever reason, they did not mean. Default: now. */
  readonly askedAt?: Date;
}

/**
 * Ends this pause, and for a portal type its breaker too, with the audit event where there was one to end. Other pauses stay: it says which. Fails with `state_conflict`
 * where the one or the other is younger than the wish to end it; then both stay.
 */
export async function resumeRotations(db: Database, { scope, actor, reason, askedAt }: Resumption): Promise<ResumedRotations> {
  const { portalTypeCode, endpointId } = columnsOf(scope);
  return db.transaction(scopeOf(scope), async (tx) => {
    await checkScope(tx, scope);
    const removed = await tx.$queryRaw<Began[]>`
      DELETE FROM rotation_pause WHERE portal_type_code IS NOT DISTINCT FROM ${portalTypeCode}::text AND endpoint_id IS NOT DISTINCT FROM ${endpointId}::text RETURNING paused_at AS at`;
    const stopped = scope.kind === 'portal_type' ? await closeBreaker(tx, { portalTypeCode: scope.portalTypeCode, by: actor }) : [];
    const [wasPaused, wasStopped] = [removed.length > 0, stopped.length > 0];
    if (askedAt && [...removed, ...stopped].some(({ at }) => at > askedAt))
      throw new RcmError(
        'state_conflict',
        'It was paused or stopped anew after this was asked for: who wants that to end, too, asks again. Nothing was changed.',
      );
    if (wasPaused || wasStopped) await audit(tx, scope, { actor, reason, action: 'rotation.resumed' });
    return { wasPaused, wasStopped, ...(await pausesThatStay(tx, scope)) };
  });
}

const SHOWN = 20;

async function pausesThatStay(tx: Transaction, scope: PauseScope): Promise<Pick<ResumedRotations, 'stillPaused' | 'stillPausedInAll'>> {
  const where = await whatTouches(tx, scope);
  const nulls = 'first';
  const rows = await tx.rotationPause.findMany({
    ...{ where, orderBy: [{ endpointId: { sort: 'asc', nulls } }, { portalTypeCode: { sort: 'asc', nulls } }], take: SHOWN },
  });
  return { stillPaused: rows.map(scopeIn), stillPausedInAll: await tx.rotationPause.count({ where }) };
}

/** The pauses that cover a scope, or are of a part of it. */
async function whatTouches(tx: Transaction, scope: PauseScope): Promise<Prisma.RotationPauseWhereInput> {
  const OF_ALL = { portalTypeCode: null, endpointId: null };
  switch (scope.kind) {
    case 'all':
      return {};
    case 'portal_type':
      return { OR: [OF_ALL, { endpoint: { portalTypeCode: scope.portalTypeCode } }] };
    case 'endpoint': {
      const of = await tx.integrationEndpoint.findUnique({ where: { id: scope.endpointId }, select: { portalTypeCode: true } });
      return { OR: [OF_ALL, ...(of ? [{ portalTypeCode: of.portalTypeCode }] : [])] };
    }
  }
}

async function audit(tx: Transaction, scope: PauseScope, act: { readonly actor: string; readonly reason: string; readonly action: string }): Promise<void> {
  const { actor, reason, action } = act;
  const about = { actor, reason, action };
  switch (scope.kind) {
    case 'endpoint':
      return writeAuditEvent(tx, { ...about, orgId: scope.orgId, subject: scope.endpointId });
    case 'portal_type':
      return writeAuditEventForAll(tx, scope.portalTypeCode, { ...about, subject: subjectOf(scope.portalTypeCode) });
    case 'all':
      return writeAuditEventForAll(tx, null, { ...about, subject: subjectOf(null) });
  }
}

/** How events name what is of no tenant: one portal type, or everything (`null`). */
export const subjectOf = (portalTypeCode: string | null): string => (portalTypeCode === null ? 'all rotations' : `portal type ${portalTypeCode}`);

async function checkScope(tx: Transaction, scope: PauseScope): Promise<void> {
  if (scope.kind === 'portal_type') await mustBePortalType(tx, scope.portalTypeCode);
}

/** Fails with `input_invalid`. */
export async function mustBePortalType(tx: Transaction, code: string): Promise<void> {
  const found = await tx.portalType.findUnique({ where: { code }, select: { code: true } });
  if (!found) throw new RcmError('input_invalid', `There is no portal type ${code}. Nothing was changed.`);
}

/** All pauses, the oldest first; in the scope of one organization those of its logins, and what is of no tenant. */
export async function listPauses(db: Database, seen: Scope = 'every tenant'): Promise<readonly Pause[]> {
  const rows = await db.transaction(seen, (tx) => tx.rotationPause.findMany({ orderBy: { pausedAt: 'asc' }, take: 1000 }));
  return rows.map((row) => ({ scope: scopeIn(row), actor: row.actor, reason: row.reason, pausedAt: row.pausedAt }));
}

function scopeIn({ portalTypeCode, orgId, endpointId }: Row): PauseScope {
  if (orgId !== null && endpointId !== null) return { kind: 'endpoint', orgId, endpointId };
  return portalTypeCode !== null ? { kind: 'portal_type', portalTypeCode } : { kind: 'all' };
}
