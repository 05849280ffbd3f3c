import { letViolationEscape } from '@rcm/test-services';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const CANARY = 'canary-patient-4711';

// Help is answered before anything that works is loaded, and has a guard of its own; with --json the command goes the way of all others.
it.each([
  ['rejection', ['--help']],
  ['exception', ['--help']],
  ['rejection', ['--help', '--json']],
  ['exception', ['--help', '--json']],
] as const)('an error of Postgres that escapes as %s from %j ends the process with 1, and its row is in no line', async (as, args) => {
  const { code, stdout, stderr } = await letViolationEscape(join(import.meta.dirname, 'main.ts'), { row: CANARY, as, args });
  expect(stdout + stderr).not.toContain(CANARY);
  expect(
    stderr
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as object),
  ).toEqual([
    expect.objectContaining({
      name: 'rcm',
      level: 60,
      err: expect.objectContaining({ code: '23505', message: expect.stringContaining('duplicate key') as string }) as object,
    }),
  ]);
  expect(code).toBe(1);
});
