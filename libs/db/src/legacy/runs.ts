import { hasEnded, RcmError } from '@rcm/telemetry';
import type { Database } from '../database.ts';
import { Prisma } from '../generated/client.ts';
import { checkLimit, jsonText } from '../input.ts';

export const RUN_COMMANDS = ['adopt', 'apply', 'verify', 'scrub', 'rollback'] as const;
export type RunCommand = (typeof RUN_COMMANDS)[number];

/** Which endpoints a run works on. */
export interface RunFilters {
  readonly orgId?: string;
  readonly portalType?: string;
  readonly endpointId?: string;
  readonly limit?: number;
  /** Of `adopt`: which table's rows it brings in. */
  readonly source?: string;
}

/** How many endpoints ended how. */
export type RunCounts = Readonly<Record<string, number>>;

export type RunEnd = 'done' | 'stopped' | 'breaker' | 'failed';

export interface MigrationRun {
  readonly id: number;
  readonly command: RunCommand;
  readonly filters: RunFilters;
  readonly actor: string;
  readonly reason: string | null;
  readonly holder: string;
  readonly startedAt: Date;
  readonly seenAt: Date;
  readonly endedAt: Date | null;
  readonly counts: RunCounts;
  /** `died`: its process has ended, or nothing was heard of it for long. */
  readonly state: RunEnd | 'running' | 'died';
  /** Who asked it to stop, and why; `null`: nobody, or by a signal. */
  readonly stopAskedBy: string | null;
  readonly stopReason: string | null;
}

/** Ten times as long as a run that lives is ever silent. */
const SILENT_SECONDS = 300;

const COLUMNS = Prisma.sql`
  r.id::int, r.command, r.filters, r.actor, r.reason, r.holder, r.started_at AS "startedAt", r.seen_at AS "seenAt", r.ended_at AS "endedAt", r.counts, r.ended,
  r.stop_asked_by AS "stopAskedBy", r.stop_reason AS "stopReason",
  r.seen_at < clock_timestamp() - make_interval(secs => ${SILENT_SECONDS}::float8) AS silent`;

interface Row extends Omit<MigrationRun, 'state'> {
  readonly ended: RunEnd | null;
  readonly silent: boolean;
}

const runOf = ({ ended, silent, ...run }: Row): MigrationRun => ({ ...run, state: ended ?? (silent || hasEnded(run.holder) ? 'died' : 'running') });

/** A run has begun. Its id is what people name it by. For `rcm_migrator`. */
export async function beginRun(
  db: Database,
  { command, filters, actor, reason, holder }: Pick<MigrationRun, 'command' | 'filters' | 'actor' | 'reason' | 'holder'>,
): Promise<number> {
  const [row] = await db.transaction(
    'no tenant',
    (tx) => tx.$queryRaw<{ id: number }[]>`
      INSERT INTO migration_run (command, filters, actor, reason, holder)
      VALUES (${command}, ${jsonText('filters', filters)}::jsonb, ${actor}, ${reason}, ${holder}) RETURNING id::int`,
  );
  if (!row) throw new RcmError('database_failed', 'An insert returned no row.');
  return row.id;
}

/** How far a run is, and that it lives. One that has ended stays as it ended. */
export async function noteRun(db: Database, { id, counts }: { readonly id: number; readonly counts: RunCounts }): Promise<void> {
  await db.transaction(
    'no tenant',
    (tx) => tx.$executeRaw`
      UPDATE migration_run SET counts = ${jsonText('counts', counts)}::jsonb, seen_at = clock_timestamp() WHERE id = ${id} AND ended_at IS NULL`,
  );
}

/** How a run ended, once. */
export async function endRun(db: Database, { id, counts, ended }: { readonly id: number; readonly counts: RunCounts; readonly ended: RunEnd }): Promise<void> {
  await db.transaction(
    'no tenant',
    (tx) => tx.$executeRaw`
      UPDATE migration_run SET counts = ${jsonText('counts', counts)}::jsonb, seen_at = clock_timestamp(), ended_at = clock_timestamp(), ended = ${ended}
       WHERE id = ${id} AND ended_at IS NULL`,
  );
}

/** The newest first. */
export async function listRuns(db: Database, { limit }: { readonly limit: number }): Promise<readonly MigrationRun[]> {
  const most = checkLimit(limit);
  return db.transaction('no tenant', async (tx) =>
    (await tx.$queryRaw<Row[]>`SELECT ${COLUMNS} FROM migration_run r ORDER BY r.id DESC LIMIT ${most}`).map(runOf),
  );
}

/** `null`: there is none of that id. */
export async function findRun(db: Database, { id }: { readonly id: number }): Promise<MigrationRun | null> {
  const [row] = await db.transaction('no tenant', (tx) => tx.$queryRaw<Row[]>`SELECT ${COLUMNS} FROM migration_run r WHERE r.id = ${id}`);
  return row ? runOf(row) : null;
}

/**
 * Runs that did not come to their end and that nobody has gone on with: no later run of the command has these filters, and none with wider ones was done. The newest
 * first.
 */
export async function unfinishedRuns(db: Database, { limit }: { readonly limit: number }): Promise<readonly MigrationRun[]> {
  const most = checkLimit(limit);
  const rows = await db.transaction(
    'no tenant',
    (tx) => tx.$queryRaw<Row[]>`
      SELECT ${COLUMNS} FROM migration_run r
       WHERE r.ended IS DISTINCT FROM 'done'
         AND NOT EXISTS (SELECT FROM migration_run l WHERE l.id > r.id AND l.command = r.command AND r.filters @> l.filters AND (l.ended = 'done' OR l.filters = r.filters))
       ORDER BY r.id DESC LIMIT ${most}`,
  );
  return rows.map(runOf);
}
