import type { Database } from '../database.ts';
import { writeAuditEvent } from '../audit/record.ts';
import { MIGRATOR } from './migrate.ts';

export interface StorageState {
  /** Plaintext was removed from rows since the last finished rewrite, so dead rows, statistics and WAL may still hold it. */
  readonly pending: boolean;
  /** Postgres's time of this answer, with microseconds; names what a rewrite that starts now covers. */
  readonly asOf: string;
}

/**
 * Whether `rewriteStorage` is due. Read from the audit log: a removal and its event are one transaction, so a crash between removal and
 * rewrite cannot hide. Raw SQL: one scan for both kinds of event of all organizations.
 */
export async function storageRewriteState(db: Database): Promise<StorageState> {
  const [row] = await db.transaction(
    'every tenant',
    (tx) => tx.$queryRaw<StorageState[]>`
      SELECT coalesce(bool_or(org.scrubbed > coalesce(org.covered, '-infinity')), false) AS pending, clock_timestamp()::text AS "asOf"
        FROM (SELECT max(at) FILTER (WHERE action = 'endpoint.scrubbed') AS scrubbed,
                     max((details->>'asOf')::timestamptz) FILTER (WHERE action = 'storage.rewritten') AS covered
                FROM audit_event WHERE action IN ('endpoint.scrubbed', 'storage.rewritten') GROUP BY org_id) org`,
  );
  if (!row) throw new Error('an aggregate returned no row');
  return row;
}

/** A rewrite that began after `asOf` has finished: one audit event for each organization whose plaintext had been removed. */
export async function recordStorageRewritten(db: Database, { asOf, walClean }: { readonly asOf: string; readonly walClean: boolean }): Promise<void> {
  await db.transaction('every tenant', async (tx) => {
    const organizations = await tx.$queryRaw<
      { orgId: string }[]
    >`SELECT DISTINCT org_id AS "orgId" FROM audit_event WHERE action = 'endpoint.scrubbed' ORDER BY 1`;
    for (const { orgId } of organizations) {
      await writeAuditEvent(tx, {
        orgId,
        actor: MIGRATOR,
        action: 'storage.rewritten',
        subject: 'integration_endpoint',
        reason: 'migration',
        details: { asOf, walClean },
      });
    }
  });
}
