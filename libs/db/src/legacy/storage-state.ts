import { RcmError } from '@rcm/telemetry';
import type { Database, Transaction } from '../database.ts';
import { writeAuditEvent, writeAuditEventForAll } from '../audit/record.ts';
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

/** A rewrite that began after `asOf` has finished: one audit event for each organization that waited for one, and what it leaves to people. */
export async function recordStorageRewritten(
  db: Database,
  { asOf, walClean, outside }: { readonly asOf: string; readonly walClean: boolean; readonly outside: readonly OutsideKind[] },
): Promise<void> {
  await db.transaction('every tenant', async (tx) => {
    // In order of their ids, so that two migrators who finish at once do not wait for each other.
    const organizations = await tx.$queryRaw<{ orgId: string }[]>`
      WITH due AS (SELECT org_id FROM storage_state WHERE scrubbed_at > coalesce(rewritten_as_of, '-infinity') ORDER BY org_id FOR UPDATE)
      UPDATE storage_state s SET rewritten_as_of = greatest(rewritten_as_of, ${asOf}::timestamptz) FROM due
       WHERE s.org_id = due.org_id RETURNING s.org_id AS "orgId"`;
    const removed = organizations.length > 0;
    await tx.$executeRaw`
      INSERT INTO storage_outside (kind, found_at) SELECT kind, ${asOf}::timestamptz FROM unnest(${[...outside]}::text[]) o (kind)
      ON CONFLICT (kind) DO UPDATE SET found_at = excluded.found_at WHERE ${removed}`;
    // What a rewrite sees to be gone needs no person's word.
    if (walClean)
      await tx.$executeRaw`
        UPDATE storage_outside SET dealt_with_at = clock_timestamp(), dealt_with_by = ${MIGRATOR}, reason = 'a later rewrite left none'
         WHERE kind = 'recycled_wal' AND (dealt_with_at IS NULL OR dealt_with_at < found_at)`;
    for (const orgId of organizations.map((row) => row.orgId).toSorted()) {
      await writeAuditEvent(tx, {
        orgId,
        actor: MIGRATOR,
        action: 'storage.rewritten',
        subject: 'integration_endpoint',
        reason: 'migration',
        details: { asOf, walClean, outside: [...outside] },
      });
    }
  });
}

/** Where removed plaintext may lie that a rewrite does not reach. */
export const OUTSIDE_KINDS = [
  'base_backups',
  'archived_wal',
  'standbys',
  'logical_subscribers',
  'recycled_wal',
  'managed_wal',
  'managed_snapshots',
  'dead_statistics',
] as const;
export type OutsideKind = (typeof OUTSIDE_KINDS)[number];

/** What is still to be dealt with, since when. */
export async function listStorageOutside(db: Database): Promise<readonly { readonly kind: OutsideKind; readonly since: Date }[]> {
  return db.transaction(
    'every tenant',
    (tx) => tx.$queryRaw<{ kind: OutsideKind; since: Date }[]>`
      SELECT kind, found_at AS since FROM storage_outside WHERE dealt_with_at IS NULL OR dealt_with_at < found_at ORDER BY kind`,
  );
}

/** A person says that one kind of copies is dealt with; every organization's audit trail says so. `nothing`: none of that kind is open. */
export async function dealWithStorageOutside(
  db: Database,
  { kind, actor, reason }: { readonly kind: OutsideKind; readonly actor: string; readonly reason: string },
): Promise<'dealt_with' | 'nothing'> {
  return db.transaction('every tenant', async (tx) => {
    const changed = await tx.$executeRaw`
      UPDATE storage_outside SET dealt_with_at = clock_timestamp(), dealt_with_by = ${actor}, reason = ${reason}
       WHERE kind = ${kind} AND (dealt_with_at IS NULL OR dealt_with_at < found_at)`;
    if (changed === 0) return 'nothing';
    await writeAuditEventForAll(tx, null, { actor, action: 'storage.dealt_with', subject: kind, reason });
    return 'dealt_with';
  });
}
