import { letViolationEscape } from '@rcm/test-services';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const CANARY = 'canary-patient-4711';

it.each(['rejection', 'exception'] as const)('an error of Postgres that escapes as %s ends the process with 1, and its row is in no line', async (as) => {
  const { code, stdout, stderr } = await letViolationEscape(join(import.meta.dirname, 'main.ts'), { row: CANARY, as });
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
