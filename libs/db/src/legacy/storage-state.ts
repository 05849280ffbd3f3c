import { RcmError } from '@rcm/telemetry';
import type { Database, Transaction } from '../database.ts';
import { writeAuditEvent, writeAuditEventForAll } from '../audit/record.ts';
import { MIGRATOR } from './migrate.ts';

export interface StorageState {
  /** Plaintext was removed from rows since the last finished rewrite, so dead rows, statistics and WAL may still hold it. */
  readonly pending: boolean;
  /** What a rewrite that starts now covers: of each organization that waits for one, by which mark, with microseconds. */
  readonly covers: readonly { readonly orgId: string; readonly mark: string }[];
  /** Postgres's time of this answer, with microseconds. */
  readonly asOf: string;
}

/** Part of the transaction that removes plaintext, so a crash between removal and rewrite cannot hide. Later than any mark before it, also where the clock has gone back. */
export async function markScrubbed(tx: Transaction, orgId: string): Promise<void> {
  await tx.$executeRaw`
    INSERT INTO storage_state AS s (org_id, scrubbed_at) VALUES (${orgId}, clock_timestamp())
    ON CONFLICT (org_id) DO UPDATE SET scrubbed_at = greatest(excluded.scrubbed_at, greatest(s.scrubbed_at, s.rewritten_as_of) + interval '1 microsecond')`;
}

/** Whether `rewriteStorage` is due for any organization. */
export async function storageRewriteState(db: Database): Promise<StorageState> {
  const [row] = await db.transaction(
    'every tenant',
    (tx) => tx.$queryRaw<{ orgIds: readonly string[]; marks: readonly string[]; asOf: string }[]>`
      SELECT coalesce(array_agg(org_id ORDER BY org_id), '{}') AS "orgIds", coalesce(array_agg(scrubbed_at::text ORDER BY org_id), '{}') AS marks, clock_timestamp()::text AS "asOf"
        FROM storage_state WHERE scrubbed_at > coalesce(rewritten_as_of, '-infinity')`,
  );
  if (!row) throw new RcmError('database_failed', 'A SELECT of totals returned no row.');
  const { orgIds, marks, asOf } = row;
  return { pending: orgIds.length > 0, covers: orgIds.map((orgId, n) => ({ orgId, mark: marks[n] ?? '' })), asOf };
}

/**
 * A rewrite that began after what it `covers` was read has finished: one audit event for each organization that waited for it, and what it leaves to people. By the marks, since the clock
 * may have gone back: who has a later one waits for the next.
 */
export async function recordStorageRewritten(
  db: Database,
  { asOf, covers, walClean, outside }: Omit<StorageState, 'pending'> & { readonly walClean: boolean; readonly outside: readonly OutsideKind[] },
): Promise<void> {
  await db.transaction('every tenant', async (tx) => {
    // In order of their ids, so that two migrators who finish at once do not wait for each other.
    const organizations = await tx.$queryRaw<{ orgId: string }[]>`
      WITH covered AS (SELECT * FROM unnest(${covers.map(({ orgId }) => orgId)}::text[], ${covers.map(({ mark }) => mark)}::timestamptz[]) c (org_id, mark)),
      due AS (SELECT s.org_id, c.mark FROM storage_state s JOIN covered c ON c.org_id = s.org_id WHERE c.mark > coalesce(s.rewritten_as_of, '-infinity') ORDER BY s.org_id FOR UPDATE OF s)
      UPDATE storage_state s SET rewritten_as_of = CASE WHEN s.scrubbed_at = due.mark THEN greatest(due.mark, ${asOf}::timestamptz) ELSE due.mark END FROM due
       WHERE s.org_id = due.org_id RETURNING s.org_id AS "orgId"`;
    const removed = organizations.length > 0;
    await tx.$executeRaw`
      INSERT INTO storage_outside AS o (kind, found_at) SELECT kind, ${asOf}::timestamptz FROM unnest(${[...outside]}::text[]) f (kind)
      ON CONFLICT (kind) DO UPDATE SET found_at = greatest(excluded.found_at, o.dealt_with_at + interval '1 microsecond') WHERE ${removed}`;
    // What a rewrite sees to be gone needs no person's word.
    if (walClean)
      await tx.$executeRaw`
        UPDATE storage_outside SET dealt_with_at = greatest(clock_timestamp(), found_at), dealt_with_by = ${MIGRATOR}, reason = 'a later rewrite left none'
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
      UPDATE storage_outside SET dealt_with_at = greatest(clock_timestamp(), found_at), dealt_with_by = ${actor}, reason = ${reason}
       WHERE kind = ${kind} AND (dealt_with_at IS NULL OR dealt_with_at < found_at)`;
    if (changed === 0) return 'nothing';
    await writeAuditEventForAll(tx, null, { actor, action: 'storage.dealt_with', subject: kind, reason });
    return 'dealt_with';
  });
}
