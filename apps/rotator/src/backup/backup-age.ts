import type { Database } from '@rcm/db';
import { newestBackupRun } from '@rcm/db/admin';
import type { Metrics } from '@rcm/telemetry';
import type { Chore } from '../schedule/service.ts';

/** The alarm is of more than a day. */
const EVERY_MS = 300_000;

export interface Clocks {
  /** Milliseconds since 1970. */
  now(): number;
  /** Milliseconds since whenever; it never jumps. */
  elapsed(): number;
}
const CLOCKS: Clocks = { now: () => Date.now(), elapsed: () => performance.now() };

/** How old the newest whole backup is, as a gauge that grows while the database is away; nothing is said before it was asked. */
export function backupAge(db: Database, metrics: Metrics, clocks: Clocks = CLOCKS): Chore {
  let asked: { readonly ageMs: number; readonly at: number } | null = null;
  metrics.watched('rcm_backup_age_seconds', (gauge) => {
    if (asked) gauge.set((asked.ageMs + clocks.elapsed() - asked.at) / 1000);
  });
  return {
    name: 'how old the newest backup is',
    everyMs: EVERY_MS,
    async round() {
      const newest = await newestBackupRun(db);
      asked = { ageMs: newest?.ageMs ?? clocks.now(), at: clocks.elapsed() };
    },
  };
}
