import { spawnSync } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const LOGGER = fileURLToPath(new URL('logger.ts', import.meta.url));

it.runIf(process.platform === 'linux')('a log that can take no more lines does not end the process', () => {
  // /dev/full answers every write with ENOSPC.
  const full = openSync('/dev/full', 'w');
  const script = `const { createLogger } = await import(${JSON.stringify(LOGGER)}); const log = createLogger({ name: 'x' }); for (let i = 0; i < 100; i += 1) log.info('a line'); setTimeout(() => process.stdout.write('alive'), 50);`;
  const run = spawnSync(process.execPath, ['--input-type=module', '--eval', script], { stdio: ['ignore', 'pipe', full], timeout: 9_000 });
  closeSync(full);
  expect([run.status, run.stdout.toString()]).toEqual([0, 'alive']);
});
