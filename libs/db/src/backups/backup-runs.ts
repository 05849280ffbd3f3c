import type { Database } from '../database.ts';
import { timestamp } from '../input.ts';

/** A backup of every organization's secrets that was written to its end. */
export interface BackupRun {
  /** By Postgres's clock (`serverTime`): what was stored by then is in it. */
  readonly beganAt: Date;
  /** Where its files are, for people: a folder or a bucket. */
  readonly place: string;
  readonly organizations: number;
  readonly logins: number;
  readonly copies: number;
  /** Logins whose secret could not be read: they are in no file. */
  readonly missing: number;
}

/** Says that a backup is complete, which nobody may say of one organization's alone. For `rcm_rotator`. */
export async function recordBackupRun(db: Database, { beganAt, place, organizations, logins, copies, missing }: BackupRun): Promise<void> {
  await db.transaction(
    'no tenant',
    (tx) => tx.$executeRaw`
      INSERT INTO backup_run (began_at, place, organizations, logins, copies, missing)
      VALUES (${timestamp(beganAt)}::timestamptz, ${place}, ${organizations}, ${logins}, ${copies}, ${missing})`,
  );
}

/** The newest complete backup, and the milliseconds since it began; `null`: there never was one. For `rcm_rotator` and `rcm_operator`. */
export async function newestBackupRun(db: Database): Promise<(BackupRun & { readonly ageMs: number }) | null> {
  const [row] = await db.transaction(
    'no tenant',
    (tx) => tx.$queryRaw<(BackupRun & { ageMs: number })[]>`
      SELECT began_at AS "beganAt", place, organizations, logins, copies, missing,
             (extract(epoch FROM clock_timestamp() - began_at) * 1000)::float8 AS "ageMs"
        FROM backup_run ORDER BY began_at DESC LIMIT 1`,
  );
  return row ?? null;
}
