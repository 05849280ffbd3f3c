import { spawnSync } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const moduleOf = (file: string): string => JSON.stringify(fileURLToPath(new URL(file, import.meta.url)));
const LINES = `const { createLogger } = await import(${moduleOf('logger.ts')}); const log = createLogger({ name: 'x' }); for (let i = 0; i < 100; i += 1) log.info('a line');`;

/** With a log that can take no more lines: /dev/full answers every write with ENOSPC. */
function run(script: string): [status: number | null, said: string] {
  const full = openSync('/dev/full', 'w');
  const ended = spawnSync(process.execPath, ['--input-type=module', '--eval', `${LINES} ${script}`], { stdio: ['ignore', 'pipe', full], timeout: 60_000 });
  closeSync(full);
  return [ended.status, ended.stdout.toString()];
}

describe.runIf(process.platform === 'linux')('a log that can take no more lines', { timeout: 120_000 }, () => {
  it('does not end the process', () => {
    expect(run(`setTimeout(() => process.stdout.write('alive'), 50);`)).toEqual([0, 'alive']);
  });

  it('does not keep a process that has to end', () => {
    const escapes = `const { endOnUnhandled } = await import(${moduleOf('unhandled.ts')}); endOnUnhandled(log); setTimeout(() => { throw new Error('escaped'); });`;
    expect(run(escapes)).toEqual([1, '']);
  });
});
