import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const MAIN = fileURLToPath(new URL('main.ts', import.meta.url));
/** About two minutes on a quiet machine; a busy one is no reason to fail. */
const DEADLINE_MS = 60 * 60_000;

it(
  'loses, locks and blocks nothing when a rotator is killed or stopped at each of its acts, in each of the worlds (the quick form)',
  async () => {
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [MAIN, '--quick', '--json', '--side-by-side', '8'], {
      timeout: DEADLINE_MS,
      maxBuffer: 16 * 1024 * 1024,
    }).catch((error: { stdout: string; stderr: string }) => error);
    expect(JSON.parse(stdout), stderr).toEqual({ cases: expect.any(Number), lost: 0, locked: 0, stuck: 0, blocked: 0, overBudget: 0, unexpectedEnd: 0 });
    expect((JSON.parse(stdout) as { cases: number }).cases).toBeGreaterThan(30);
  },
  DEADLINE_MS,
);
