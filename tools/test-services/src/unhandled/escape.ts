import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { type Ended, endOf } from '../child-process.ts';
import { freshDatabase } from '../database/fresh.ts';

export interface Escape {
  /** What the error quotes. */
  readonly row: string;
  readonly as: 'rejection' | 'exception';
  /** What the app is called with. Default: its help. */
  readonly args?: readonly string[];
}

/** Runs an app's `main.ts` as a process, out of which a Postgres error about `row` then escapes; resolves with how the process ended. */
export async function letViolationEscape(main: string, { row, as, args = ['--help'] }: Escape): Promise<Ended> {
  const database = await freshDatabase({ migrate: async () => undefined, template: 'empty' });
  try {
    const child = spawn(process.execPath, ['--import', join(import.meta.dirname, 'violate.ts'), main, ...args], {
      env: { ...process.env, RCM_TEST_VIOLATION_URL: database.url, RCM_TEST_VIOLATION_ROW: row, RCM_TEST_VIOLATION_AS: as },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    return await endOf(child);
  } finally {
    await database.drop();
  }
}
