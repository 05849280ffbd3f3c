import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isLongForm } from '@rcm/test-services';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Bundled, bundle, packageOf } from './bundle.ts';
import { IMAGES } from './images.ts';

const root = join(import.meta.dirname, '..', '..', '..');
/** Only ends what hangs. */
const BUNDLE_MS = 600_000;
const kindOf = (app: string) => IMAGES.find(({ name }) => name === app)!;
const kind = kindOf('rcm');

describe('the bundle of rcm, which gathers the others', () => {
  let folder: string;
  let made: Bundled;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'rcm-bundle-'));
    made = await bundle(kind, { root, out: join(folder, 'one') });
  }, BUNDLE_MS);
  afterAll(() => rmSync(folder, { recursive: true }));
  const run = (...args: string[]): string =>
    execFileSync(process.execPath, ['--disable-sigusr1', join(folder, 'one', 'main.mjs'), ...args], {
      cwd: folder,
      env: { RCM_ALLOW_ROOT: 'yes' },
      encoding: 'utf8',
    });

  it('runs outside of the repository, and knows its version', () => {
    expect(run('--version').trim()).toBe((JSON.parse(readFileSync(join(root, 'apps/cli/package.json'), 'utf8')) as { version: string }).version);
  });

  it('has what is read at run time: migrations, recipes, the script that starts a browser as somebody else', () => {
    const same = (path: string) =>
      expect(readdirSync(join(folder, 'one', path), { recursive: true }).sort()).toEqual(readdirSync(join(root, path), { recursive: true }).sort());
    same('prisma/migrations');
    same('libs/portal-drivers/recipes');
    expect(readFileSync(join(folder, 'one', 'libs/portal-drivers/src/pool/as-user.sh'), 'utf8')).toBe(
      readFileSync(join(root, 'libs/portal-drivers/src/pool/as-user.sh'), 'utf8'),
    );
  });

  it('loads what it is asked for and what that imports, with Playwright beside it', () => {
    expect(run('portal', 'lint', join(root, 'libs/portal-drivers/recipes/alpine.yaml'))).not.toBe('');
  });

  it('names the packages in it that others wrote, and none that it leaves out', () => {
    expect(made.packages).toEqual(expect.arrayContaining(['node_modules/pg', 'node_modules/playwright', 'node_modules/playwright-core', 'node_modules/zod']));
    expect(made.packages).not.toContain('node_modules/vitest');
    expect(made.packages).not.toContain('node_modules/fastify');
  });

  // On a change the smaller bundle of the console is.
  it.runIf(isLongForm())('has the same bytes when it is made again (in the long form)', { timeout: BUNDLE_MS }, async () => {
    expect(readdirSync(join(folder, 'one')).filter((name) => name.endsWith('.mjs')).length).toBeGreaterThan(1);
    await expectSameBytes(folder, 'rcm');
  });
});

/** Another one of the same app is made in `two`, and its code compared with the one in `one`. */
async function expectSameBytes(folder: string, app: string): Promise<void> {
  await bundle(kindOf(app), { root, out: join(folder, 'two') });
  const files = readdirSync(join(folder, 'one')).filter((name) => name.endsWith('.mjs'));
  expect(files).toContain('main.mjs');
  expect(readdirSync(join(folder, 'two')).filter((name) => name.endsWith('.mjs'))).toEqual(files);
  for (const name of files) expect(readFileSync(join(folder, 'two', name)).equals(readFileSync(join(folder, 'one', name)))).toBe(true);
}

describe('the bundle of the console', () => {
  let folder: string;
  let made: Bundled;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'rcm-bundle-'));
    made = await bundle(kindOf('console'), { root, out: join(folder, 'one') });
  }, BUNDLE_MS);
  afterAll(() => rmSync(folder, { recursive: true }));

  it.each(['style.css', 'live.js'])('has the file %s that it serves', (name) => {
    const served = `apps/console/src/${name}`;
    expect(readFileSync(join(folder, 'one', served), 'utf8')).toBe(readFileSync(join(root, served), 'utf8'));
  });

  it('has nothing in it that a secret store or a portal could be reached with', () => {
    expect(made.packages).toEqual(expect.arrayContaining(['node_modules/fastify', 'node_modules/openid-client', 'node_modules/pg']));
    expect(made.packages.filter((name) => /@aws-sdk|@smithy|playwright/.test(name))).toEqual([]);
  });

  it('has the same bytes when it is made again', { timeout: BUNDLE_MS }, () => expectSameBytes(folder, 'console'));
});

it('a file belongs to the innermost package', () => {
  expect(packageOf('node_modules/a/node_modules/@b/c/dist/index.js')).toBe('node_modules/a/node_modules/@b/c');
  expect(packageOf('libs/db/src/index.ts')).toBeNull();
});
