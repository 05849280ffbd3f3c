import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { startLocalAws } from '@rcm/local-aws';
import { backend } from '@rcm/test-services';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sdksLoadedBy } from './loaded-sdks.fixture.ts';

const library = fileURLToPath(new URL('..', import.meta.url));
const modules = join(library, '..', '..', 'node_modules');
/** Where npm put what the library and `@rcm/telemetry` depend on; a version of its own lies beside a project. */
const places = [join(library, 'node_modules'), join(library, '..', 'telemetry', 'node_modules'), modules];
const TIMEOUT_MS = 300_000;
/** npm by itself goes on trying for minutes where its registry does not answer. */
const INSTALL_MS = 60_000;

const run = async (
  command: string,
  args: readonly string[],
  cwd: string,
  env: Readonly<Record<string, string>> = {},
  timeout = TIMEOUT_MS,
): Promise<string> => {
  // With the whole environment: how npm reaches its registry may be said there.
  const { stdout } = await promisify(execFile)(command, args, { cwd, env: { ...process.env, ...env }, timeout, maxBuffer: 2 ** 24 });
  return stdout;
};

/** Installs from the registry; where it cannot be reached, unpacks the tarball and links what it depends on out of this workspace. */
async function install(tarball: string, project: string): Promise<'registry' | 'linked'> {
  try {
    await run(
      'npm',
      ['install', '--no-audit', '--no-fund', '--loglevel=error', '--fetch-retries=1', '--fetch-timeout=30000', tarball],
      project,
      {},
      INSTALL_MS,
    );
    return 'registry';
  } catch {
    const target = join(project, 'node_modules', '@rcm', 'credentials');
    await mkdir(target, { recursive: true });
    await run('tar', ['-xzf', tarball, '--strip-components=1', '-C', target], project);
    const { dependencies } = JSON.parse(await readFile(join(target, 'package.json'), 'utf8')) as { readonly dependencies: Readonly<Record<string, string>> };
    for (const name of Object.keys(dependencies)) {
      const link = join(project, 'node_modules', name);
      await mkdir(dirname(link), { recursive: true });
      await symlink(places.map((place) => join(place, name)).find(existsSync) ?? join(modules, name), link);
    }
    return 'linked';
  }
}

// The package is the same on both backends: run once.
describe.skipIf(backend() === 'containers')('the packed library in an empty project (no container: local-aws)', { timeout: TIMEOUT_MS }, () => {
  let project: string;

  beforeAll(async () => {
    project = await mkdtemp(join(tmpdir(), 'rcm-packed-'));
    const tarball = (await run(process.execPath, ['pack/pack.ts'], library)).trim();
    await writeFile(join(project, 'package.json'), JSON.stringify({ name: 'empty', private: true, type: 'module' }));
    process.stdout.write(`the packed library’s dependencies come from: ${await install(tarball, project)}\n`);
  }, TIMEOUT_MS);
  afterAll(() => rm(project, { recursive: true, force: true }));

  it('holds neither tests nor TypeScript nor anything of this workspace', async () => {
    const files = (await run('find', ['node_modules/@rcm', '-type', 'f'], project)).trim().split('\n');
    expect(files.filter((file) => /\.test\.|\.fixture\.|[^d]\.ts$/.test(file))).toEqual([]);
    for (const file of files.filter((name) => /\.(js|ts)$/.test(name))) {
      expect([file, (await readFile(join(project, file), 'utf8')).includes("'@rcm/")]).toEqual([file, false]);
    }
  });

  it('type-checks and runs the example of its README', async () => {
    const readme = await readFile(join(project, 'node_modules/@rcm/credentials/README.md'), 'utf8');
    const example = /```ts\n([\s\S]*?)```/.exec(readme)?.[1] ?? '';
    await writeFile(join(project, 'example.ts'), example);
    const options = { strict: true, module: 'nodenext', target: 'es2024', lib: ['es2024'], types: [], noEmit: true };
    await writeFile(join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions: options, include: ['example.ts'] }));
    await run(process.execPath, [join(modules, 'typescript', 'bin', 'tsc'), '-p', '.'], project);

    const aws = await startLocalAws();
    const { endpoint, region, kmsKeyArn, credentials } = aws;
    const given = { environment: 'example', region, endpoint, kmsKeyId: kmsKeyArn, roleArn: aws.tenantRoleArn('rotator'), credentials };
    await writeFile(
      join(project, 'run.mjs'),
      "import { example } from './example.ts';\nprocess.stdout.write(await example(JSON.parse(process.env.OPTIONS)));\n",
    );
    try {
      expect(await run(process.execPath, ['run.mjs'], project, { OPTIONS: JSON.stringify(given) })).toBe('billing');
    } finally {
      await aws.close();
    }
  });

  it('has the JSON Schema of a payload for whoever wants it by name', async () => {
    await writeFile(
      join(project, 'schema.mjs'),
      "import schema from '@rcm/credentials/payload.schema.json' with { type: 'json' };\nprocess.stdout.write(schema.$schema);\n",
    );
    expect(await run(process.execPath, ['schema.mjs'], project)).toContain('2020-12');
  });

  it.each([
    ['@rcm/credentials/ssm', ['client-ssm']],
    ['@rcm/credentials/secrets-manager', ['client-secrets-manager']],
    ['@rcm/credentials/vault', []],
    ['@rcm/credentials/legacy', []],
    ['@rcm/credentials/stores-on-calls', []],
  ])('loads of %s its own SDK only', async (entryPoint, expected) => {
    expect(await sdksLoadedBy(entryPoint, project)).toEqual(expected);
  });
});
