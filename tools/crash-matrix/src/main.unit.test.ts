import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, it } from 'vitest';

it.each([
  ['--processes', 'abc'],
  ['--side-by-side', '0'],
])('refuses %s %s in one sentence, and runs nothing', (option, value) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(import.meta.dirname, 'main.ts'), '--list', option, value], { encoding: 'utf8' });
  expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
  expect(stderr).toContain('It must be a whole number, 1 or more.');
});
