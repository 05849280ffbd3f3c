import { RcmError } from '@rcm/telemetry';
import type { RawTransaction } from '../database.ts';
import { Prisma, type PortalTask as Row } from '../generated/client.ts';

const AS_PRISMA = Prisma.sql`
  id::text, org_id AS "orgId", endpoint_id AS "endpointId", portal_type_code AS "portalTypeCode", name, input, input_sealed AS "inputSealed", input_key_id::text AS "inputKeyId",
  idempotency_key AS "idempotencyKey", state, worker, claimed_until AS "claimedUntil", tries, requeues, requeue_reason AS "requeueReason", not_before AS "notBefore", result,
  result_sealed AS "resultSealed", result_key_id::text AS "resultKeyId", error_code AS "errorCode", error_message AS "errorMessage", deadline_at AS "deadlineAt", created_at AS "createdAt",
  started_at AS "startedAt", finished_at AS "finishedAt", requested_by AS "requestedBy", requested_issuer AS "requestedIssuer", at_portal AS "atPortal", callback`;

/** The row of a task that this transaction has taken, as Prisma has it, which takes too long here. Fails where the tenant does not see it: then it is not taken. */
export async function takenRow(tx: RawTransaction, taskId: string): Promise<Row> {
  const [row] = await tx.$queryRaw<Row[]>`SELECT ${AS_PRISMA} FROM portal_task WHERE id = ${taskId}::uuid`;
  if (!row) throw new RcmError('database_failed', 'A task was taken whose row its tenant does not see.');
  return row;
}
