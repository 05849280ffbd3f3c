import { execFile, execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const library = join(import.meta.dirname, '..');
const modules = join(library, '..', '..', 'node_modules');
const TIMEOUT_MS = 600_000;
const ID = '6f1c1bd6-6a3a-4b5c-9a55-0c1f3f9a2b10';
const DONE = {
  id: ID,
  endpoint: null,
  portal_type: 'alpine',
  task: 'claim_status',
  state: 'succeeded',
  tries: 1,
  created_at: '2026-11-25T04:00:00.000Z',
  finished_at: '2026-11-25T04:00:09.000Z',
  result: { found: true, rows: [{ status: 'paid' }] },
  error: null,
};

const run = async (command: string, args: readonly string[], cwd: string, env: Readonly<Record<string, string>> = {}): Promise<string> =>
  (await promisify(execFile)(command, args, { cwd, env: { ...process.env, ...env }, timeout: TIMEOUT_MS })).stdout;

/** This one, and the one that the system has beside it, by version. */
function nodes(): [version: string, program: string][] {
  const path = (process.env.PATH ?? '').split(':').filter((folder) => folder !== dirname(process.execPath) && !folder.includes('node_modules'));
  const version = (program: string): string => execFileSync(program, ['--version'], { encoding: 'utf8', env: { PATH: path.join(':') } }).trim();
  try {
    return [
      [process.version, process.execPath],
      [version('node'), execFileSync('sh', ['-c', 'command -v node'], { encoding: 'utf8', env: { PATH: path.join(':') } }).trim()],
    ];
  } catch {
    return [[process.version, process.execPath]];
  }
}

describe('the packed client in an empty project', { timeout: TIMEOUT_MS }, () => {
  let project: string;
  let server: Server;
  const asked: string[] = [];

  beforeAll(async () => {
    project = await mkdtemp(join(tmpdir(), 'rcm-packed-'));
    const tarball = (await run(process.execPath, ['pack/pack.ts'], library)).trim();
    await writeFile(join(project, 'package.json'), JSON.stringify({ name: 'empty', private: true, type: 'module' }));
    await run('mkdir', ['-p', 'node_modules/@rcm/task-client'], project);
    await run('tar', ['-xzf', tarball, '--strip-components=1', '-C', 'node_modules/@rcm/task-client'], project);
    // What it depends on, as npm would put it there.
    const { dependencies } = JSON.parse(await readFile(join(project, 'node_modules/@rcm/task-client/package.json'), 'utf8')) as { dependencies: object };
    expect(Object.keys(dependencies)).toEqual(['zod']);
    await run('cp', ['-r', join(modules, 'zod'), 'node_modules/zod'], project);
    server = createServer((request, response) => {
      asked.push(`${request.method} ${request.url}`);
      const [status, body] = request.method === 'POST' ? [202, { ...DONE, state: 'queued', result: null }] : [200, DONE];
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    await compileExample();
  }, TIMEOUT_MS);
  afterAll(async () => {
    server?.close();
    await rm(project, { recursive: true, force: true });
  });

  /** The example of its README, with types checked. */
  async function compileExample(): Promise<void> {
    const readme = await readFile(join(project, 'node_modules/@rcm/task-client/README.md'), 'utf8');
    await writeFile(join(project, 'example.ts'), /```ts\n([\s\S]*?)```/.exec(readme)?.[1] ?? '');
    const options = { strict: true, module: 'nodenext', target: 'es2022', lib: ['es2022', 'dom'], types: [], outDir: 'out', skipLibCheck: false };
    await writeFile(join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions: options, include: ['example.ts'] }));
    await run('ln', ['-sfn', join(modules, '@types'), 'node_modules/@types'], project);
    await run(process.execPath, [join(modules, 'typescript', 'bin', 'tsc'), '-p', '.'], project);
  }

  it('holds neither tests nor TypeScript nor anything of this workspace', async () => {
    const files = (await run('find', ['node_modules/@rcm', '-type', 'f'], project)).trim().split('\n');
    expect(files.filter((file) => /\.test\.|\.fixture\.|[^d]\.ts$/.test(file))).toEqual([]);
    for (const file of files.filter((name) => /\.(js|ts)$/.test(name))) expect(await readFile(join(project, file), 'utf8')).not.toContain('@rcm/');
  });

  it.each(nodes())('runs the example of its README, whose types are right, on Node %s', async (_version, program) => {
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    await writeFile(
      join(project, 'run.mjs'),
      `import { claimStatus } from './out/example.js';\nprocess.stdout.write(await claimStatus('${url}', () => 't', 'C-1'));\n`,
    );
    asked.length = 0;
    expect(await run(program, ['run.mjs'], project)).toBe('paid');
    expect(asked).toEqual(['POST /v1/tasks', expect.stringMatching(new RegExp(`^GET /v1/tasks/${ID}\\?wait=\\d+$`))]);
  });
});
