import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { recipeOf } from '../demo.fixture.ts';
import { PortalProcess } from '../portal-process.fixture.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'portal-upgrade-'));
});
afterEach(async () => {
  await PortalProcess.endAll();
  await rm(folder, { recursive: true, force: true });
});

const written = async (name: string, text: string): Promise<string> => {
  const file = join(folder, name);
  await writeFile(file, text);
  return file;
};

it('rewrites recipes in their files, says what, and leaves nothing else behind; a second time it changes nothing', async () => {
  const first = await written('a.yaml', (await readFile(recipeOf('alpine'), 'utf8')).replace('session:', 'hosts: [login.example]\nsession:'));
  const second = await written('b.yaml', await readFile(recipeOf('borealis'), 'utf8'));
  const run = PortalProcess.piped(['upgrade', first, second]);
  expect(await run.ended()).toBe(0);
  expect(run.stdout).toContain(`${first}: rewritten as version 2.\n  hosts: login.example is named login`);
  expect(await readFile(first, 'utf8')).toContain('version: 2\nname: alpine\nhosts: { login: { host: login.example, secrets: true } }');
  expect((await readdir(folder)).sort()).toEqual(['a.yaml', 'b.yaml']);
  const linted = PortalProcess.piped(['lint', first, second]);
  expect(await linted.ended()).toBe(0);
  const again = PortalProcess.piped(['upgrade', '--json', first]);
  expect(await again.ended()).toBe(0);
  expect(JSON.parse(again.stdout)).toMatchObject({ recipes: [{ file: first, changes: null }] });
});

it('writes nothing where one of the recipes has a problem', async () => {
  const text = await readFile(recipeOf('alpine'), 'utf8');
  const [good, bad] = [await written('good.yaml', text), await written('bad.yaml', text.replace('is: locked', 'is: lockde'))];
  const run = PortalProcess.piped(['upgrade', good, bad]);
  expect(await run.ended()).toBe(1);
  expect(run.stderr).toContain('The recipe was not rewritten');
  expect(await readFile(good, 'utf8')).toBe(text);
});

it('says in one sentence that a file cannot be read', async () => {
  const run = PortalProcess.piped(['upgrade', '/does/not/exist.yaml']);
  expect(await run.ended()).toBe(2);
  expect(run.stderr).toContain('The recipe /does/not/exist.yaml cannot be read (ENOENT).');
});
