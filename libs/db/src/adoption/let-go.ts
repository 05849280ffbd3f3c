import { writeAuditEvent } from '../audit/record.ts';
import type { Database } from '../database.ts';
import type { PersonalChange } from '../endpoints/seed.ts';

export interface LetGo extends PersonalChange {
  readonly source: string;
  /** What the source calls the row. */
  readonly sourceId: string;
  /** The endpoint that it was, and whose. */
  readonly endpointId: string;
  readonly orgId: string;
}

/**
 * A row of a source is no longer this endpoint, which stays as it is in everything else, with an audit event. `false`: it was not, or is not any more. Fails with
 * `database_*`.
 */
export async function letGoAdopted(db: Database, { source, sourceId, endpointId, orgId, actor, reason }: LetGo): Promise<boolean> {
  return db.transaction({ tenant: orgId }, async (tx) => {
    const [row] = await tx.$queryRaw<{ gone: boolean }[]>`SELECT rcm_let_go_adopted(${source}, ${sourceId}, ${endpointId}) AS gone`;
    if (row?.gone !== true) return false;
    await writeAuditEvent(tx, { orgId, actor, action: 'endpoint.let_go', subject: endpointId, reason, details: { source, sourceId } });
    return true;
  });
}
