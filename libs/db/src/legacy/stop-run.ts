import { RcmError } from '@rcm/telemetry';
import { checkReason } from '../asked-acts/ask.ts';
import { writeAuditEventForAll } from '../audit/record.ts';
import type { Database } from '../database.ts';
import { findRun } from './runs.ts';

/**
 * A person asks a run of the migrator to stop: it takes nothing new, finishes what is in hand, and may be gone on with. It stands in the chain of every organization first, since a run works on all.
 * Fails with `input_invalid` without a reason or such a run, `state_conflict` where it has ended, has died, or was asked to before. For `rcm_migrator` and `rcm_console`.
 */
export async function askRunToStop(
  db: Database,
  { id, actor, ...asked }: { readonly id: number; readonly actor: string; readonly reason: string },
): Promise<void> {
  const reason = checkReason(asked.reason);
  const run = await findRun(db, { id });
  if (!run) throw new RcmError('input_invalid', `There is no run ${id}. Nothing was changed.`);
  if (run.state !== 'running') throw new RcmError('state_conflict', `Run ${id} is not at work any more (${run.state}). Nothing was changed.`);
  await db.transaction('every tenant', async (tx) => {
    const stopped = await tx.$executeRaw`
      UPDATE migration_run SET stop_asked_by = ${actor}, stop_reason = ${reason}, stop_asked_at = clock_timestamp() WHERE id = ${id} AND ended_at IS NULL AND stop_asked_at IS NULL`;
    if (stopped === 0) throw new RcmError('state_conflict', `Run ${id} was asked to stop already, or has ended. Nothing was changed.`);
    await writeAuditEventForAll(tx, null, { actor, action: 'migration.stop_asked', subject: `run ${id}`, reason });
  });
}

/** Whether somebody has asked this run to stop. For `rcm_migrator`. */
export async function isRunAskedToStop(db: Database, { id }: { readonly id: number }): Promise<boolean> {
  const rows = await db.transaction(
    'no tenant',
    (tx) => tx.$queryRaw<unknown[]>`SELECT FROM migration_run r WHERE r.id = ${id} AND r.stop_asked_at IS NOT NULL`,
  );
  return rows.length > 0;
}
