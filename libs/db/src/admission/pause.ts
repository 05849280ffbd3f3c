import { writeAuditEvent, writeAuditEventForAll } from '../audit/record.ts';
import type { Database, Transaction } from '../database.ts';
import { RcmError } from '@rcm/telemetry';
import type { Scope } from '../scope.ts';
import { closeBreaker } from './breaker.ts';

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

/**
 * From here on no rotation starts in this scope; those under way end. With its audit event in one transaction, in the chain of every
 * organization it touches. Pausing again changes nothing (`false`): the first reason stands.
 * Fails with `input_invalid` for a portal type or endpoint that is not there.
 */
export async function pauseRotations(db: Database, pause: { readonly scope: PauseScope; readonly actor: string; readonly reason: string }): Promise<boolean> {
  const { portalTypeCode, orgId, endpointId } = columnsOf(pause.scope);
  return db.transaction(scopeOf(pause.scope), async (tx) => {
    await checkScope(tx, pause.scope);
    await audit(tx, pause.scope, { ...pause, action: 'rotation.paused' });
    const written = await tx.$executeRaw`
      INSERT INTO rotation_pause (portal_type_code, org_id, endpoint_id, actor, reason)
      VALUES (${portalTypeCode}, ${orgId}, ${endpointId}, ${pause.actor}, ${pause.reason}) ON CONFLICT DO NOTHING`;
    return written > 0;
  });
}

/** Ends this pause, and for a portal type its breaker too. Returns what there was to end. Other pauses that cover the scope stay. */
export async function resumeRotations(
  db: Database,
  { scope, actor, reason }: { readonly scope: PauseScope; readonly actor: string; readonly reason: string },
): Promise<{ readonly wasPaused: boolean; readonly wasStopped: boolean }> {
  const { portalTypeCode, endpointId } = columnsOf(scope);
  return db.transaction(scopeOf(scope), async (tx) => {
    await checkScope(tx, scope);
    await audit(tx, scope, { actor, reason, action: 'rotation.resumed' });
    const removed = await tx.$executeRaw`
      DELETE FROM rotation_pause WHERE portal_type_code IS NOT DISTINCT FROM ${portalTypeCode}::text AND endpoint_id IS NOT DISTINCT FROM ${endpointId}::text`;
    const wasStopped = scope.kind === 'portal_type' && (await closeBreaker(tx, { portalTypeCode: scope.portalTypeCode, by: actor }));
    return { wasPaused: removed > 0, wasStopped };
  });
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
  return rows.map(({ portalTypeCode, orgId, endpointId, actor, reason, pausedAt }) => {
    const scope: PauseScope =
      orgId !== null && endpointId !== null
        ? { kind: 'endpoint', orgId, endpointId }
        : portalTypeCode !== null
          ? { kind: 'portal_type', portalTypeCode }
          : { kind: 'all' };
    return { scope, actor, reason, pausedAt };
  });
}
