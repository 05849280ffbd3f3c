import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { asRoot, compileCache } from '@rcm/test-services';
import { expect, it } from 'vitest';

/** Starts `rcm` with a full disk in the place of one of its outputs. Resolves with its exit code and what it said on the other. */
async function rcm(words: readonly string[], full: 'stdout' | 'stderr'): Promise<{ code: number | null; said: string }> {
  const disk = openSync('/dev/full', 'w');
  const child = spawn(process.execPath, ['--disable-sigusr1', join(import.meta.dirname, 'main.ts'), ...words], {
    env: { PATH: process.env.PATH, ...asRoot(), ...compileCache() },
    stdio: ['ignore', full === 'stdout' ? disk : 'pipe', full === 'stderr' ? disk : 'pipe'],
  });
  closeSync(disk);
  let said = '';
  for (const output of [child.stdout, child.stderr]) output?.on('data', (chunk: Buffer) => void (said += chunk.toString()));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, said };
}

// What is answered before anything is loaded, and what goes the way of all commands.
it.each([['--help'], ['policies', 'vault', '--mount', 'kv', '--environment', 'prod', '--tenant', 'north']])(
  'what cannot be written to a full disk is said in a sentence, with exit code 1: rcm %s',
  async (...words) => {
    expect(await rcm(words, 'stdout')).toEqual({
      code: 1,
      said: expect.stringMatching(/^What the command said could not be written \(ENOSPC\)\..*\n$/) as string,
    });
  },
);

it('a call that is wrong ends as one though nobody can be told', async () => {
  expect(await rcm(['nosuch'], 'stderr')).toEqual({ code: 2, said: '' });
});
