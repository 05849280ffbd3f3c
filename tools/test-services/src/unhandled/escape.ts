import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { freshDatabase } from '../database/fresh.ts';

export interface Escaped {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Escape {
  /** What the error quotes. */
  readonly row: string;
  readonly as: 'rejection' | 'exception';
  /** What the app is called with. Default: its help. */
  readonly args?: readonly string[];
}

/** Runs an app's `main.ts` as a process, out of which a Postgres error about `row` then escapes; resolves with how the process ended. */
export async function letViolationEscape(main: string, { row, as, args = ['--help'] }: Escape): Promise<Escaped> {
  const database = await freshDatabase({ migrate: async () => undefined, template: 'empty' });
  try {
    const child = spawn(process.execPath, ['--import', join(import.meta.dirname, 'violate.ts'), main, ...args], {
      env: { ...process.env, RCM_TEST_VIOLATION_URL: database.url, RCM_TEST_VIOLATION_ROW: row, RCM_TEST_VIOLATION_AS: as },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let [stdout, stderr] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    return await new Promise<Escaped>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code) => resolve({ code, stdout, stderr }));
    });
  } finally {
    await database.drop();
  }
}
