import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { packBinary } from './binary.ts';

const root = join(import.meta.dirname, '..', '..', '..');
/** Only ends what hangs. */
const PACK_MS = 900_000;
let folder: string;
let file: string;
const env = () => ({ PATH: `${dirname(process.execPath)}:${process.env.PATH ?? ''}`, HOME: folder, RCM_ALLOW_ROOT: 'yes' });
const rcm = (...args: string[]) => spawnSync(join(folder, 'there', 'bin', 'rcm'), args, { cwd: folder, env: env(), encoding: 'utf8' });

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'rcm-binary-'));
  file = await packBinary({ root, out: join(folder, 'out') });
  // The file alone, as it is given to somebody.
  const given = join(folder, basename(file));
  cpSync(file, given);
  rmSync(join(folder, 'out'), { recursive: true });
  execFileSync('npm', ['install', '--global', '--prefix', join(folder, 'there'), '--offline', '--no-audit', '--no-fund', '--ignore-scripts', given], {
    cwd: folder,
    env: env(),
    stdio: 'ignore',
  });
}, PACK_MS);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it('is one file that npm installs without a registry, and answers by its name', () => {
  const { version } = JSON.parse(readFileSync(join(root, 'apps/cli/package.json'), 'utf8')) as { version: string };
  expect(basename(file)).toBe(`rcm-${version}.tgz`);
  expect(rcm('--version')).toMatchObject({ status: 0, stdout: `${version}\n` });
  expect(rcm('--help').stdout).toMatch(/^Usage: rcm \[options\] \[command\]/);
});

it.each([
  [['login', 'set', '--help'], /^Usage: rcm login set <id> \[options\]/],
  [['migrate', 'plan', '--help'], /^Usage: rcm migrate plan \[options\]/],
  [['completion', 'bash'], /complete -o default -F _rcm rcm/],
  [['policies', 'vault', '--mount', 'secret', '--environment', 'prod', '--tenant', 'mercy'], /rcm\/prod\/mercy/],
])('%j works in it', (args, says) => {
  const { status, stdout, stderr } = rcm(...args);
  expect([status, stderr, stdout]).toEqual([0, '', expect.stringMatching(says)]);
});

it('has what its commands load late: recipes are read, and Playwright is there', () => {
  expect(rcm('portal', 'lint', join(root, 'libs/portal-drivers/recipes/alpine.yaml'))).toMatchObject({ status: 0 });
});

it('says what is wrong as one object', () => {
  const { status, stdout } = rcm('logins', '--json');
  expect([status, JSON.parse(stdout)]).toEqual([2, { version: 1, error: expect.objectContaining({ code: 'config_invalid' }) as object }]);
});
