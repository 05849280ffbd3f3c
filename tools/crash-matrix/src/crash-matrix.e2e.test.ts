import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { isLongForm } from '@rcm/test-services';
import { expect, it } from 'vitest';

const MAIN = fileURLToPath(new URL('main.ts', import.meta.url));
/** About a minute on a quiet machine; a busy one is no reason to fail. */
const DEADLINE_MS = 60 * 60_000;
/** The cells, and how many there are at least. */
const [CHOICE, CELLS] = isLongForm() ? ['--quick', 31] : ['--fewest', 15];

it(
  'loses, locks and blocks nothing when a rotator is killed or stopped at each of its acts, in each of the circumstances (of few cells; in the long form the quick choice)',
  async () => {
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [MAIN, CHOICE, '--json', '--side-by-side', '8'], {
      timeout: DEADLINE_MS,
      maxBuffer: 16 * 1024 * 1024,
    }).catch((error: { stdout: string; stderr: string }) => error);
    expect(JSON.parse(stdout), stderr).toEqual({ cases: expect.any(Number), lost: 0, locked: 0, stuck: 0, blocked: 0, overBudget: 0, unexpectedEnd: 0 });
    expect((JSON.parse(stdout) as { cases: number }).cases).toBeGreaterThanOrEqual(CELLS);
  },
  DEADLINE_MS,
);
