import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runSbom } from './cli.ts';
import { changesBetween, licenceProblems, type LockedPackage, lockedPackages } from './index.ts';

const ROOT = join(import.meta.dirname, '..', '..', '..');
const own = lockedPackages(readFileSync(join(ROOT, 'package-lock.json'), 'utf8'));

const locked = (more: Partial<LockedPackage> = {}): LockedPackage => ({
  ...{
    name: 'left',
    version: '1.0.0',
    licence: 'MIT',
    use: 'shipped',
    integrity: 'sha512-a',
    isBundled: false,
    host: 'registry.example.test',
    runsScripts: false,
  },
  ...more,
});
const lock = (packages: object): string => JSON.stringify({ name: 'x', version: '1.0.0', lockfileVersion: 3, packages });

/** Runs the command line about a folder; what it printed, and its exit code. */
async function run(folder: string, ...args: string[]) {
  let [out, error] = ['', ''];
  // Nothing answers there: whoever asks a registry fails.
  const environment = { ...process.env, npm_config_registry: 'http://127.0.0.1:9/' };
  const code = await runSbom(args, { environment, folder, here: folder, out: (text) => (out += text), error: (text) => (error += text) });
  return { code, out, error };
}

describe('what a lockfile names', () => {
  const text = lock({
    '': { workspaces: ['apps/*', 'libs/*', 'tools/*'] },
    'apps/a': { dependencies: { '@x/lib': '*', one: '1' }, devDependencies: { tool: '1' } },
    'libs/lib': { name: '@x/lib', dependencies: { two: '1' }, devDependencies: { 'only-tests': '1' } },
    'tools/t': { dependencies: { tool: '1' } },
    'node_modules/@x/lib': { resolved: 'libs/lib', link: true },
    'node_modules/one': { version: '1.0.0', license: 'MIT', peerDependencies: { may: '1', must: '1' }, peerDependenciesMeta: { may: { optional: true } } },
    'node_modules/two': { version: '2.0.0', license: 'MIT', dependencies: { deep: '1' } },
    'node_modules/two/node_modules/deep': { version: '1.1.0', resolved: 'https://elsewhere.example/deep.tgz', hasInstallScript: true },
    'node_modules/deep': { version: '9.0.0' },
    'node_modules/may': { version: '1.0.0' },
    'node_modules/must': { version: '1.0.0' },
    'node_modules/tool': { version: '1.0.0' },
    'node_modules/only-tests': { version: '1.0.0' },
  });

  it('is shipped where an app needs it to run, through our libs, each at the place where Node would find it', () => {
    const uses = Object.fromEntries(lockedPackages(text).map(({ name, version, use }) => [`${name}@${version}`, use]));
    expect(uses).toEqual({
      ...{ 'one@1.0.0': 'shipped', 'two@2.0.0': 'shipped', 'deep@1.1.0': 'shipped', 'must@1.0.0': 'shipped' },
      ...{ 'deep@9.0.0': 'tools', 'may@1.0.0': 'tools', 'tool@1.0.0': 'tools', 'only-tests@1.0.0': 'tools' },
    });
    expect(lockedPackages(text).find(({ version }) => version === '1.1.0')).toMatchObject({ host: 'elsewhere.example', runsScripts: true, licence: null });
  });

  it.each(['', '{}', '[]', '{"lockfileVersion":2,"packages":{}}'])('%j is no lockfile', (given) => {
    expect(() => lockedPackages(given)).toThrow(expect.objectContaining({ code: 'input_invalid' }));
  });

  it('holds, here, what apps and tests are known to need', () => {
    const use = (name: string) => own.find((each) => each.name === name)?.use;
    expect([use('fastify'), use('jose'), use('pg'), use('@aws-sdk/client-ssm')]).toEqual(['shipped', 'shipped', 'shipped', 'shipped']);
    expect([use('vitest'), use('@cloud-copilot/iam-simulate'), use('typescript'), use('testcontainers')]).toEqual(['tools', 'tools', 'tools', 'tools']);
    // Each has a checksum, and none an address of its own: npm fetches it from the registry that it is set to.
    expect([...new Set(own.map(({ host }) => host))]).toEqual([null]);
    expect(own.filter(({ integrity, isBundled }) => integrity === null && !isBundled)).toEqual([]);
  });

  it('says of what came in another’s archive that it has no checksum of its own', () => {
    const [inOther, alone] = lockedPackages(
      lock({ 'node_modules/a/node_modules/b': { version: '1.0.0', inBundle: true, license: 'MIT' }, 'node_modules/c': { version: '1.0.0', license: 'MIT' } }),
    );
    expect([inOther?.isBundled, alone?.isBundled]).toEqual([true, false]);
    const alarms = (each: LockedPackage | undefined) => changesBetween([], each ? [each] : []).flatMap((change) => change.alarms);
    expect(alarms(inOther)).toEqual([]);
    expect(alarms(alone)).toEqual(['1.0.0 has no checksum']);
  });
});

describe('a licence', () => {
  it.each([
    ['MIT', 'shipped', true],
    ['(MIT OR CC0-1.0)', 'shipped', true],
    ['MIT and ISC', 'shipped', true],
    ['GPL-3.0-only OR MIT', 'shipped', true],
    ['GPL-3.0-only AND MIT', 'shipped', false],
    ['AGPL-3.0-or-later', 'tools', true],
    ['AGPL-3.0-or-later', 'shipped', false],
    ['MPL-2.0', 'shipped', false],
    ['GPL-3.0-only', 'tools', false],
    ['MIT WITH Classpath-exception-2.0', 'shipped', false],
    ['((MIT))', 'shipped', false],
    ['SEE LICENSE IN LICENSE', 'tools', false],
    ['', 'tools', false],
    [null, 'tools', false],
  ] as const)('%j of what is %s: allowed is %s', (licence, use, isAllowed) => {
    expect(licenceProblems([locked({ licence, use })])).toHaveLength(isAllowed ? 0 : 1);
  });

  it('of every package in this repository is allowed', () => expect(licenceProblems(own)).toEqual([]));

  it('that a person has read counts for that version alone', () => {
    expect(licenceProblems([locked({ name: 'ssh2', version: '1.17.0', licence: null })])).toEqual([]);
    expect(licenceProblems([locked({ name: 'ssh2', version: '1.17.1', licence: null })])).toHaveLength(1);
  });
});

describe('an update', () => {
  it.each([
    ['nothing', {}, null],
    ['another version', { version: '1.0.1', integrity: 'sha512-b' }, []],
    ['other contents of the same version', { integrity: 'sha512-b' }, ['1.0.0 has other contents than before, under the same version']],
    ['no checksum', { version: '1.0.1', integrity: null }, ['1.0.1 has no checksum']],
    ['another host', { host: 'evil.example' }, ['is fetched from evil.example']],
    ['a script', { version: '2.0.0', integrity: 'sha512-b', runsScripts: true }, ['runs a script when it is installed']],
    ['another licence', { version: '2.0.0', integrity: 'sha512-b', licence: 'GPL-3.0-only' }, ['its licence is now GPL-3.0-only']],
  ] as const)('that brings %s says so', (_what, more, alarms) => {
    const changes = changesBetween([locked()], [locked(more)]);
    expect(changes.map((change) => change.alarms)).toEqual(alarms === null ? [] : [alarms]);
  });

  it('names what is new and what is gone, and what tools alone had before', () => {
    const before = [locked(), locked({ name: 'gone' }), locked({ name: 'moved', use: 'tools' })];
    const after = [locked(), locked({ name: 'new', runsScripts: true }), locked({ name: 'moved' })];
    expect(changesBetween(before, after)).toEqual([
      { name: 'gone', from: ['1.0.0'], to: [], alarms: [] },
      { name: 'moved', from: ['1.0.0'], to: ['1.0.0'], alarms: ['is now part of what is shipped'] },
      { name: 'new', from: [], to: ['1.0.0'], alarms: ['runs a script when it is installed'] },
    ]);
  });
});

describe('the command line', () => {
  let folder: string;
  const write = (packages: object) =>
    writeFileSync(join(folder, 'package-lock.json'), lock({ '': { name: 'x', version: '1.0.0', dependencies: { left: '*' } }, ...packages }));
  const left = (version: string, license = 'MIT') => ({
    'node_modules/left': { version, license, resolved: `https://registry.example.test/left-${version}.tgz`, integrity: 'sha512-YQ==' },
  });
  const git = (...args: string[]) => execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@t', ...args], { cwd: folder });
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'rcm-sbom-'));
    writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'x', version: '1.0.0', dependencies: { left: '*' } }));
    write(left('1.0.0'));
    for (const args of [
      ['init', '-q'],
      ['add', '.'],
      ['commit', '-qm', 'first'],
      ['tag', 'before'],
    ])
      git(...args);
    write(left('2.0.0', 'GPL-3.0-only'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('makes a bill of this repository’s lockfile without the network, the same each time', async () => {
    const [first, second] = [await run(ROOT, 'sbom'), await run(ROOT, 'sbom')];
    expect(first).toMatchObject({ code: 0, error: '' });
    expect(second.out).toBe(first.out);
    const bill = JSON.parse(first.out) as {
      bomFormat: string;
      serialNumber: string;
      metadata: { component: { name: string } };
      components: { name: string; version: string }[];
    };
    expect(bill).toMatchObject({ bomFormat: 'CycloneDX', metadata: { component: { name: 'rcm-portal-credentials' } } });
    expect(bill.serialNumber).toMatch(/^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/);
    const listed = new Set(bill.components.map(({ name, version }) => `${name}@${version}`));
    expect(own.filter(({ name, version }) => !listed.has(`${name}@${version}`))).toEqual([]);
  });

  it('writes it to a file', async () => {
    expect(await run(folder, 'sbom', '--output', 'bill.json')).toEqual({ code: 0, out: '', error: '' });
    expect(JSON.parse(readFileSync(join(folder, 'bill.json'), 'utf8'))).toMatchObject({ components: [{ name: 'left', version: '2.0.0' }] });
  });

  it('says what changed since a commit, or another lockfile', async () => {
    const said = 'left 1.0.0 → 2.0.0\n  ! its licence is now GPL-3.0-only\n1 packages changed, 1 of them to be looked at.\n';
    expect(await run(folder, 'sbom', '--against', 'before')).toEqual({ code: 0, out: said, error: '' });
    writeFileSync(join(folder, 'other.json'), git('show', 'before:package-lock.json'));
    expect(await run(folder, 'sbom', '--against', 'other.json')).toEqual({ code: 0, out: said, error: '' });
    expect(JSON.parse((await run(folder, 'sbom', '--against', 'before', '--json')).out)).toMatchObject({ changes: [{ name: 'left', to: ['2.0.0'] }] });
  });

  it.each(['nowhere', '--output=stolen', 'HEAD:'])('%j is no place to compare with, and no option of git', async (against) => {
    const { code, error } = await run(folder, 'sbom', '--against', against);
    expect({ code, said: error.includes('no commit of that name') }).toEqual({ code: 2, said: true });
  });

  it('fails for a licence that is not on the list, and names it', async () => {
    const { code, out } = await run(folder, 'licences');
    expect(code).toBe(1);
    expect(out).toContain('not allowed: left@2.0.0 (tools): GPL-3.0-only');
    expect((await run(ROOT, 'licences')).code).toBe(0);
  });
});
