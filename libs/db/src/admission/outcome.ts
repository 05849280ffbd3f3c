import type { Transaction } from '../database.ts';
import type { RotationAttempt } from '../journal/attempt.ts';
import { closeBreaker, openBreaker } from './breaker.ts';

/** How an attempt went, as its portal type's admission sees it. `unproven`: it ended for reasons of its own login. */
export type AdmissionOutcome = 'passed' | 'failed' | 'unproven';

/**
 * Part of the transaction that ends or blocks an attempt. The day's canary that passed lets the others go; one that failed stops the
 * portal type; one that proved nothing makes room for another. Any rotation that gets through closes a breaker that opened before it logged in and sent its change,
 * whether it began then or had waited for the portal.
 */
export async function tellAdmission(
  tx: Transaction,
  attempt: Pick<RotationAttempt, 'id' | 'loginIdentity' | 'portalTypeCode' | 'submitDeadlineAt' | 'createdAt'>,
  outcome: AdmissionOutcome,
): Promise<void> {
  const { id, portalTypeCode } = attempt;
  const admission = await tx.portalGate.findUnique({ where: { portalTypeCode } });
  if (!admission) return;
  const isOpen = admission.openedAt !== null && admission.closedAt === null;
  if (isOpen && outcome === 'passed' && (await provesPortal(tx, attempt, admission.openedAt ?? attempt.createdAt)))
    await closeBreaker(tx, { portalTypeCode, by: 'a rotation that got through' });
  if (admission.canaryAttemptId !== id) return;
  if (outcome === 'failed') return openBreaker(tx, { portalTypeCode, cause: 'canary_failed', detail: 'the first rotation of the day did not get through' });
  if (outcome === 'passed' && !isOpen) {
    await tx.$executeRaw`UPDATE portal_gate SET canary_state = 'passed' WHERE portal_type_code = ${portalTypeCode} AND canary_attempt_id = ${id}::uuid`;
    return;
  }
  await tx.$executeRaw`UPDATE portal_gate SET canary_day = NULL, canary_attempt_id = NULL, canary_state = NULL WHERE portal_type_code = ${portalTypeCode} AND canary_attempt_id = ${id}::uuid`;
}

/** What it sent was sent after this moment: it began after it, or logged in after it to send its change. */
async function provesPortal(
  tx: Transaction,
  { id, loginIdentity, submitDeadlineAt, createdAt }: Pick<RotationAttempt, 'id' | 'loginIdentity' | 'submitDeadlineAt' | 'createdAt'>,
  since: Date,
): Promise<boolean> {
  if (createdAt > since) return true;
  if (submitDeadlineAt === null) return false;
  const before = await tx.loginAttempt.findFirst({
    where: { loginIdentity, rotationAttemptId: id, startedAt: { gt: since, lt: submitDeadlineAt } },
    select: { id: true },
  });
  return before !== null;
}
