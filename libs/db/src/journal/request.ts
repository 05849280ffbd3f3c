import { RcmError } from '@rcm/telemetry';
import { writeAuditEvent } from '../audit/record.ts';
import type { Database, Transaction } from '../database.ts';
import { forgetDevicesOf } from '../devices/device.ts';
import { checkId, checkUuid } from '../input.ts';
import type { AttemptReason } from './attempt.ts';

/** What a person asks of a rotator besides what is due by its date. */
export type RequestKind = Extract<AttemptReason, 'demand' | 'compromise' | 'rollback'>;

export type NewRotationRequest = {
  readonly orgId: string;
  readonly endpointId: string;
  readonly actor: string;
  readonly reason: string;
} & ({ readonly kind: Exclude<RequestKind, 'rollback'> } | { readonly kind: 'rollback'; readonly chosenVersion: string });

/**
 * Writes down that somebody wants a rotation, with its audit event in the same transaction. The journal takes kind and chosen version from this
 * row only, once. Fails with `audit_unavailable` where the event cannot be written; `input_invalid` for an endpoint that the organization does not have.
 */
export async function requestRotation(db: Database, request: NewRotationRequest): Promise<{ readonly requestId: string }> {
  const { kind, actor, reason } = request;
  const [orgId, endpointId] = [checkId('orgId', request.orgId), checkId('endpointId', request.endpointId)];
  const chosenVersion = request.kind === 'rollback' ? request.chosenVersion : null;
  return db.transaction({ tenant: orgId }, async (tx) => {
    const { id } = await tx.rotationRequest.create({ data: { orgId, endpointId, kind, chosenVersion, actor, reason }, select: { id: true } });
    const details = { requestId: id, ...(chosenVersion === null ? { kind } : { toVersion: chosenVersion }) };
    const action = kind === 'rollback' ? 'rotation.rollback' : 'rotation.requested';
    await writeAuditEvent(tx, { orgId, actor, action, subject: endpointId, reason, details });
    // Whoever knows the password may have made the device that the portal knows.
    if (kind === 'compromise') await forgetDevicesOf(tx, { orgId, endpointId });
    return { requestId: id };
  });
}

const ASKED_FOR: ReadonlySet<AttemptReason> = new Set<RequestKind>(['demand', 'compromise', 'rollback']);

/** What a plan says of who asked for it. */
interface Asked {
  readonly orgId: string;
  readonly endpointId: string;
  readonly reason: AttemptReason;
  readonly requestId?: string | undefined;
}

/**
 * What the journal writes down of a plan's request: from its row, whatever the caller believes. Fails with `rotation_refused` where nobody asked for
 * this rotation of this endpoint, or it was begun already.
 */
export async function requestOf(tx: Transaction, plan: Asked): Promise<{ readonly requestId: string | null; readonly chosenVersion: string | null }> {
  if (!ASKED_FOR.has(plan.reason)) return { requestId: null, chosenVersion: null };
  const { orgId, endpointId, reason: kind } = plan;
  const id = plan.requestId === undefined ? null : checkUuid('requestId', plan.requestId);
  const row =
    id === null ? null : await tx.rotationRequest.findFirst({ where: { id, orgId, endpointId, kind }, include: { attempts: { select: { id: true } } } });
  if (row?.attempts.length === 0) return { requestId: row.id, chosenVersion: row.chosenVersion };
  throw new RcmError(
    'rotation_refused',
    row === null
      ? `Nobody has asked for a rotation of endpoint ${endpointId} for this reason (${kind}). Nothing was changed; ask with \`rotator rotate\` or \`rotator rollback\`.`
      : `This request for a rotation of endpoint ${endpointId} was begun already. Nothing was changed; ask again.`,
  );
}
