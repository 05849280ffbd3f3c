import { writeAuditEvent } from '../audit/record.ts';
import type { Database } from '../database.ts';
import type { PersonalChange } from './seed.ts';

export interface RemovedSecret {
  readonly endpointId: string;
  readonly orgId: string;
  /** Where nothing was found. */
  readonly secretArn: string;
}

/**
 * Notes that the secret of a retired login is not in its store any more, with the event `endpoint.secret_removed` of the person who had it looked for. `already`: it was
 * noted. `not_retired`: the login is used again, or its row named another secret; nothing was noted then. For `rcm_migrator`. Fails with `input_invalid` without a reason.
 */
export async function noteSecretRemoved(
  db: Database,
  { endpointId, orgId, secretArn }: RemovedSecret,
  { actor, reason }: PersonalChange,
): Promise<'noted' | 'already' | 'not_retired'> {
  return db.transaction({ tenant: orgId }, async (tx) => {
    const [row] = await tx.$queryRaw<{ noted: boolean }[]>`
      SELECT coalesce(e.retired_secret_removed_at >= e.retired_at, false) AS noted FROM integration_endpoint e
       WHERE e.id = ${endpointId} AND e.retired_at IS NOT NULL AND e.retired_secret_arn = ${secretArn} FOR UPDATE`;
    if (!row) return 'not_retired';
    if (row.noted) return 'already';
    await writeAuditEvent(tx, { orgId, actor, action: 'endpoint.secret_removed', subject: endpointId, reason, details: { secretArn } });
    await tx.$executeRaw`
      UPDATE integration_endpoint SET retired_secret_removed_at = clock_timestamp(), updated_at = clock_timestamp() WHERE id = ${endpointId}`;
    return 'noted';
  });
}
