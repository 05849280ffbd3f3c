import type { Transaction } from '../database.ts';
import { closeBreaker, openBreaker } from './breaker.ts';

/** How an attempt went, as its portal type's admission sees it. `unproven`: it ended for reasons of its own login. */
export type AdmissionOutcome = 'passed' | 'failed' | 'unproven';

/**
 * Part of the transaction that ends or blocks an attempt. The day's canary that passed lets the others go; one that failed stops the
 * portal type; one that proved nothing makes room for another. Any rotation that gets through after the breaker opened closes it.
 */
export async function tellAdmission(
  tx: Transaction,
  attempt: { readonly id: string; readonly portalTypeCode: string; readonly createdAt: Date },
  outcome: AdmissionOutcome,
): Promise<void> {
  const { id, portalTypeCode } = attempt;
  const admission = await tx.portalGate.findUnique({ where: { portalTypeCode } });
  if (!admission) return;
  const isOpen = admission.openedAt !== null && admission.closedAt === null;
  if (isOpen && outcome === 'passed' && attempt.createdAt > (admission.openedAt ?? attempt.createdAt))
    await closeBreaker(tx, { portalTypeCode, by: 'a rotation that got through' });
  if (admission.canaryAttemptId !== id) return;
  if (outcome === 'failed') return openBreaker(tx, { portalTypeCode, cause: 'canary_failed', detail: 'the first rotation of the day did not get through' });
  if (outcome === 'passed' && !isOpen) {
    await tx.$executeRaw`UPDATE portal_gate SET canary_state = 'passed' WHERE portal_type_code = ${portalTypeCode} AND canary_attempt_id = ${id}::uuid`;
    return;
  }
  await tx.$executeRaw`UPDATE portal_gate SET canary_day = NULL, canary_attempt_id = NULL, canary_state = NULL WHERE portal_type_code = ${portalTypeCode} AND canary_attempt_id = ${id}::uuid`;
}
