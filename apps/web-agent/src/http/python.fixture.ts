import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

export const PYTHON_CLIENT = join(import.meta.dirname, '..', '..', 'python', 'rcm_tasks.py');

function python(): string | null {
  try {
    return execFileSync('python3', ['-c', 'import sys; print(sys.version_info[:2] >= (3, 9))'], { encoding: 'utf8' }).trim() === 'True' ? 'python3' : null;
  } catch {
    return null;
  }
}

/** What runs the client's programs; `null`: there is none that can. */
export const program = python();
if (program === null && process.env.RCM_REQUIRE_PYTHON === '1') throw new Error('RCM_REQUIRE_PYTHON=1, and there is no python3 of version 3.9 or later');

export const ifThereIsOne = program === null ? ' (there is no python3 of version 3.9 or later)' : '';
