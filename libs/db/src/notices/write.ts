import type { Transaction } from '../database.ts';
import type { NewNotice } from './notice.ts';

/**
 * Part of the transaction that makes the state it tells of, so there is never one without the other. What was told of already is not told
 * again, by whichever process. The insert names no conflict target: an agent may add notices, and read none.
 */
export async function writeNotice(tx: Transaction, notice: NewNotice): Promise<void> {
  const { kind, key, orgId = null, endpointId = null, portalTypeCode = null, attemptId = null, detail = null } = notice;
  await tx.$executeRaw`
    INSERT INTO notice (kind, dedup_key, org_id, endpoint_id, portal_type_code, attempt_id, detail)
    VALUES (${kind}, ${`${kind}:${key}`}, ${orgId}, ${endpointId}, ${portalTypeCode}, ${attemptId}::uuid, ${detail}) ON CONFLICT DO NOTHING`;
}
