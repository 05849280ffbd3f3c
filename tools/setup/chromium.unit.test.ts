import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, it } from 'vitest';

it.each(['/nowhere/chromium', 'chromium'])('a browser that the configuration names and that is no file (%s) is a wrong call: exit code 2', (path) => {
  const { status, stderr } = spawnSync(process.execPath, [join(import.meta.dirname, 'run.mjs'), 'start', '--once'], {
    env: { PATH: process.env.PATH, HOME: process.env.HOME, RCM_CHROMIUM_PATH: path },
    encoding: 'utf8',
  });
  expect({ status, stderr }).toEqual({ status: 2, stderr: `RCM_CHROMIUM_PATH names no file: ${path}\n` });
});
