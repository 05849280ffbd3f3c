import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isLongForm } from '@rcm/test-services';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Demo, recipeOf } from '../demo.fixture.ts';
import { PortalProcess } from '../portal-process.fixture.ts';

let demo: Demo;
let folder = '';
beforeAll(async () => {
  demo = await Demo.start();
});
afterAll(() => demo?.close());
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'portal-doctor-'));
});
afterEach(async () => {
  await PortalProcess.endAll();
  await demo.control('PUT', '/faults', { portal: 'alpine', fault: 'none' });
  await rm(folder, { recursive: true, force: true });
});

/** The demo portals are on this machine. */
const LOCAL = ['--address', 'loopback'];
const everyAddress = (): string[] => (['alpine', 'borealis', 'cascade'] as const).map((name) => `${name}=${demo.baseUrl(name)}`);

/** One recipe of what `--json` prints. */
interface Looked {
  readonly name: string;
  readonly findings: readonly { readonly state: string }[];
}

async function alpineWith(from: string, to: string): Promise<string> {
  const file = join(folder, 'alpine.yaml');
  await writeFile(file, (await readFile(recipeOf('alpine'), 'utf8')).replaceAll(from, to));
  return file;
}

describe('portal doctor', () => {
  it('finds the pages of every recipe as the recipe says, and costs no login', async () => {
    const before = await demo.control('GET', '/figures');
    const run = PortalProcess.piped(['doctor', '--all', ...LOCAL, '--base-url', ...everyAddress()]);
    expect(await run.ended()).toBe(0);
    expect(run.stdout.match(/^✓ \w+ at http/gm)).toHaveLength(3);
    expect(run.stdout).toMatch(/^✓ borealis at .*, [1-9] not looked at, as only a login gets there$/m);
    // What was not looked at has its name, and why.
    expect(run.stdout).toMatch(/^ {4}unseen: login: fill "Password" \(comes after press "Next", which was not done\)$/m);
    expect(run.stdout).toMatch(/^ {4}not looked at, as only a login gets there: change, .*task claim_status/m);
    expect(await demo.control('GET', '/figures')).toEqual(before);
  });

  it('keeps pictures of what it saw where a folder is named, and none otherwise', async () => {
    const pictures = join(folder, 'pictures');
    const call = ['doctor', '--json', recipeOf('alpine'), ...LOCAL, '--base-url', demo.baseUrl('alpine')];
    const kept = async (more: readonly string[]): Promise<readonly string[]> => {
      const run = PortalProcess.piped([...call, ...more]);
      expect(await run.ended()).toBe(0);
      return (JSON.parse(run.stdout) as { recipes: [{ pictures: string[] }] }).recipes[0].pictures;
    };
    expect(await kept([])).toEqual([]);
    const files = await kept(['--pictures', pictures]);
    expect(files).toEqual([join(pictures, 'alpine-login.png'), join(pictures, 'alpine-session.png')]);
    for (const file of files) expect((await readFile(file)).subarray(1, 4).toString('latin1')).toBe('PNG');
    expect(await kept(['--pictures', pictures])).toEqual(files);
  });

  it('names what is no more on the page', async () => {
    const run = PortalProcess.piped(['doctor', await alpineWith('label: User name', 'label: Member ID'), ...LOCAL, '--base-url', demo.baseUrl('alpine')]);
    expect(await run.ended()).toBe(1);
    expect(run.stdout).toMatch(/^✗ alpine at http/m);
    expect(run.stdout).toContain('missing: login: fill "Member ID"');
    expect(run.stdout).toContain('missing: session: logged_out');
  });

  it('names outcomes whose words show before anything was sent', async () => {
    const run = PortalProcess.piped([
      'doctor',
      await alpineWith('The user name or password is incorrect.', 'Sign in'),
      ...LOCAL,
      '--base-url',
      demo.baseUrl('alpine'),
    ]);
    expect(await run.ended()).toBe(1);
    expect(run.stdout).toContain('unexpected: login: outcome rejected');
  });

  it('says so where the portal does not answer, and goes on with the next', async () => {
    await demo.control('PUT', '/faults', { portal: 'alpine', fault: 'maintenance' });
    const run = PortalProcess.piped([
      'doctor',
      '--json',
      recipeOf('alpine'),
      recipeOf('cascade'),
      ...LOCAL,
      '--base-url',
      ...everyAddress().filter((one) => !one.startsWith('borealis')),
    ]);
    expect(await run.ended()).toBe(1);
    const { recipes } = JSON.parse(run.stdout) as { recipes: [Looked, Looked] };
    expect(recipes.map(({ name }) => name)).toEqual(['alpine', 'cascade']);
    expect(recipes[0].findings.some(({ state }) => state === 'missing' || state === 'unexpected')).toBe(true);
    expect(recipes[1].findings.every(({ state }) => state !== 'missing' && state !== 'unexpected')).toBe(true);
  });

  it('does not look at a portal on this machine unless the call says that it is there', async () => {
    const run = PortalProcess.piped(['doctor', recipeOf('alpine'), '--base-url', demo.baseUrl('alpine')]);
    expect(await run.ended()).toBe(1);
    expect(run.stdout).toContain('is a loopback address');
    expect(run.stdout).toContain('--address loopback');
  });

  it('only lints a recipe without an address, and says that', async () => {
    const run = PortalProcess.piped(['doctor', recipeOf('alpine')]);
    expect(await run.ended()).toBe(0);
    expect(run.stdout).toBe('✓ alpine: usable; its pages were not looked at (no --base-url)\n');
  });

  const unclear = [
    [() => ['doctor'], 'Name recipes, or --all'],
    [() => ['doctor', '--all', recipeOf('alpine')], '--all and files exclude each other.'],
    [() => ['doctor', '--all', '--base-url', 'http://127.0.0.1:1'], 'say whose it is: NAME=URL'],
    [() => ['doctor', recipeOf('alpine'), '--base-url', 'cascade=http://127.0.0.1:1'], 'no recipe here is named "cascade"'],
    [() => ['doctor', recipeOf('alpine'), '--base-url', 'portal.example'], 'is not an address'],
    [() => ['doctor', recipeOf('alpine'), '--address', 'anywhere'], '--address is public, private, loopback'],
  ] as const;

  // On a change one of files, one of addresses.
  it.each(unclear.filter((_, place) => isLongForm() || place % 4 === 0))('refuses a call that is not clear (%#)', async (args, words) => {
    const run = PortalProcess.piped(args());
    expect(await run.ended()).toBe(2);
    expect(run.stderr).toContain(words);
  });
});
