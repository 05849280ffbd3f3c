import { RcmError } from '@rcm/telemetry';
import type { Database, Transaction } from '../database.ts';
import { writeAuditEvent } from '../audit/record.ts';
import { MIGRATOR } from './migrate.ts';

export interface StorageState {
  /** Plaintext was removed from rows since the last finished rewrite, so dead rows, statistics and WAL may still hold it. */
  readonly pending: boolean;
  /** Postgres's time of this answer, with microseconds; names what a rewrite that starts now covers. */
  readonly asOf: string;
}

/** Part of the transaction that removes plaintext, so a crash between removal and rewrite cannot hide. */
export async function markScrubbed(tx: Transaction, orgId: string): Promise<void> {
  await tx.$executeRaw`
    INSERT INTO storage_state (org_id, scrubbed_at) VALUES (${orgId}, clock_timestamp())
    ON CONFLICT (org_id) DO UPDATE SET scrubbed_at = excluded.scrubbed_at`;
}

/** Whether `rewriteStorage` is due for any organization. */
export async function storageRewriteState(db: Database): Promise<StorageState> {
  const [row] = await db.transaction(
    'every tenant',
    (tx) => tx.$queryRaw<StorageState[]>`
      SELECT EXISTS (SELECT FROM storage_state WHERE scrubbed_at > coalesce(rewritten_as_of, '-infinity')) AS pending, clock_timestamp()::text AS "asOf"`,
  );
  if (!row) throw new RcmError('database_failed', 'A SELECT without a table returned no row.');
  return row;
}

/** A rewrite that began after `asOf` has finished: one audit event for each organization that waited for one. */
export async function recordStorageRewritten(db: Database, { asOf, walClean }: { readonly asOf: string; readonly walClean: boolean }): Promise<void> {
  await db.transaction('every tenant', async (tx) => {
    // In order of their ids, so that two migrators who finish at once do not wait for each other.
    const organizations = await tx.$queryRaw<{ orgId: string }[]>`
      WITH due AS (SELECT org_id FROM storage_state WHERE scrubbed_at > coalesce(rewritten_as_of, '-infinity') ORDER BY org_id FOR UPDATE)
      UPDATE storage_state s SET rewritten_as_of = greatest(rewritten_as_of, ${asOf}::timestamptz) FROM due
       WHERE s.org_id = due.org_id RETURNING s.org_id AS "orgId"`;
    for (const orgId of organizations.map((row) => row.orgId).toSorted()) {
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
