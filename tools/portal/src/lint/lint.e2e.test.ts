import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isLongForm } from '@rcm/test-services';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { recipeOf } from '../demo.fixture.ts';
import { PortalProcess } from '../portal-process.fixture.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'portal-lint-'));
});
afterEach(async () => {
  await PortalProcess.endAll();
  await rm(folder, { recursive: true, force: true });
});

async function changed(change: (text: string) => string): Promise<string> {
  const file = join(folder, 'recipe.yaml');
  await writeFile(file, change(await readFile(recipeOf('alpine'), 'utf8')));
  return file;
}

describe('portal lint', () => {
  it('says that good recipes are usable', async () => {
    const run = PortalProcess.piped(['lint', recipeOf('alpine'), recipeOf('borealis'), recipeOf('cascade')]);
    expect(await run.ended()).toBe(0);
    expect(run.stdout).toBe('All 3 recipes are usable.\n');
  });

  it('names the place of a misspelt key and what was meant, as compilers do', async () => {
    const file = await changed((text) => text.replace('into: { label: Password }', 'into: { lable: Password }'));
    const line = (await readFile(file, 'utf8')).split('\n').findIndex((words) => words.includes('lable')) + 1;
    const run = PortalProcess.piped(['lint', recipeOf('borealis'), file]);
    expect(await run.ended()).toBe(1);
    expect(run.stdout).toContain(`${file}:${line}:`);
    expect(run.stdout).toContain('lable: is not a key that is known here; did you mean label?');
  });

  it('prints what is wrong also where it is the only recipe, and says that one that is right is usable', async () => {
    const wrong = PortalProcess.piped(['lint', await changed((text) => text.replace('is: locked', 'is: lockde'))]);
    expect(await wrong.ended()).toBe(1);
    expect(wrong.stdout).toMatch(/recipe\.yaml:\d+:\d+: login\.outcomes\[\d+\]\.is: .*did you mean locked\?$/m);
    const right = PortalProcess.piped(['lint', recipeOf('alpine')]);
    expect(await right.ended()).toBe(0);
    expect(right.stdout).toBe('The recipe is usable.\n');
  });

  it('gives the same as JSON', async () => {
    const file = await changed((text) => text.replace('is: locked', 'is: lockde'));
    const run = PortalProcess.piped(['lint', '--json', file]);
    expect(await run.ended()).toBe(1);
    expect(JSON.parse(run.stdout)).toMatchObject({ files: [file], problems: [{ file, suggestion: 'locked' }] });
  });

  const calls = [
    [['lint', '/does/not/exist.yaml'], 'The recipe /does/not/exist.yaml cannot be read (ENOENT).'],
    [['polish'], "unknown command 'polish'"],
    [['lint'], "missing required argument 'file'"],
    [['lint', '--strict', 'x'], "unknown option '--strict'"],
  ] as const;

  it.each(calls.slice(0, isLongForm() ? 4 : 2))('says in one sentence what is wrong with the call %s', async (args, sentence) => {
    const run = PortalProcess.piped(args);
    expect(await run.ended()).toBe(2);
    expect(run.stderr).toContain(sentence);
    expect(run.stdout).toBe('');
  });

  it.each(isLongForm() ? ['lint', 'upgrade', 'try', 'doctor'] : ['try'])('explains %s', async (command) => {
    const run = PortalProcess.piped([command, '--help']);
    expect(await run.ended()).toBe(0);
    expect(run.stdout).toContain(`Usage: portal ${command}`);
    expect(run.stdout).toContain('Exit codes: 0');
  });
});
