import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { asRoot, compileCache } from '@rcm/test-services';
import { expect, it } from 'vitest';

// What is answered before anything is loaded, and what goes the way of all commands.
it.each([['--help'], ['policies', 'vault', '--mount', 'kv', '--environment', 'prod', '--tenant', 'north']])(
  'what cannot be written to a full disk is said in a sentence, with exit code 1: rcm %s',
  async (...words) => {
    const full = openSync('/dev/full', 'w');
    const child = spawn(process.execPath, ['--disable-sigusr1', join(import.meta.dirname, 'main.ts'), ...words], {
      env: { PATH: process.env.PATH, ...asRoot(), ...compileCache() },
      stdio: ['ignore', full, 'pipe'],
    });
    closeSync(full);
    let said = '';
    child.stderr?.on('data', (chunk: Buffer) => void (said += chunk.toString()));
    const [code] = (await once(child, 'close')) as [number | null];
    expect({ code, said }).toEqual({ code: 1, said: expect.stringMatching(/^What the command said could not be written \(ENOSPC\)\..*\n$/) as string });
  },
);
