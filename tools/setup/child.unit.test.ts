import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { parentOf, startOf } from './process-life.mjs';

const here = (name: string) => JSON.stringify(join(import.meta.dirname, name));
const TIMEOUT_MS = 30_000;
let folder: string;
let npm: ChildProcess;

/** `npm start` in a package whose script runs a program as run.mjs does. The program says `ready`, `stopped`, and ends with 7 when asked to. */
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'rcm-child-'));
  const told = JSON.stringify(folder);
  const write = (name: string, text: string) => writeFileSync(join(folder, name), text);
  write('package.json', JSON.stringify({ name: 'x', private: true, scripts: { start: `"${process.execPath}" runner.mjs` } }));
  write(
    'runner.mjs',
    `import { npmAncestors } from ${here('ancestors.mjs')};
    import { runInForeground } from ${here('child.mjs')};
    const program = { node: process.execPath, file: ${told} + '/program.mjs', args: ['a b'], cwd: process.cwd(), env: process.env };
    process.exitCode = await runInForeground(program, npmAncestors());`,
  );
  write(
    'program.mjs',
    `import { writeFileSync } from 'node:fs';
    process.on('SIGTERM', () => { writeFileSync(${told} + '/stopped', ''); process.exit(7); });
    setInterval(() => {}, 1000);
    writeFileSync(${told} + '/ready', JSON.stringify({ pid: process.pid, args: process.argv.slice(2) }));`,
  );
  npm = spawn('npm', ['--silent', 'start'], { cwd: folder, stdio: 'ignore' });
  await until(() => textOf('ready') !== null);
}, TIMEOUT_MS);

afterEach(() => {
  npm.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

function textOf(name: string): string | null {
  try {
    return readFileSync(join(folder, name), 'utf8') || null;
  } catch {
    return null;
  }
}

const program = () => JSON.parse(textOf('ready') ?? '{}') as { pid: number; args: string[] };

async function until(done: () => boolean): Promise<void> {
  for (const end = Date.now() + 15_000; !done(); void (await sleep(20))) if (Date.now() > end) throw new Error('it did not happen in time');
}

test(
  'arguments arrive as they were, and SIGTERM to npm becomes a clean stop with the exit code of the program',
  async () => {
    expect(program().args).toEqual(['a b']);
    npm.kill('SIGTERM');
    const [code] = (await once(npm, 'exit')) as [number | null];
    await until(() => startOf(program().pid) === null);
    expect(readFileSync(join(folder, 'stopped'), 'utf8')).toBe('');
    expect(code).not.toBe(0);
  },
  TIMEOUT_MS,
);

test(
  'nothing stays when only npm is killed',
  async () => {
    const { pid } = program();
    const runner = parentOf(pid) ?? 0;
    npm.kill('SIGKILL');
    await until(() => startOf(pid) === null && startOf(runner) === null);
    expect(readFileSync(join(folder, 'stopped'), 'utf8')).toBe('');
  },
  TIMEOUT_MS,
);

test(
  'nothing stays when only the runner between npm and the program is killed',
  async () => {
    const { pid } = program();
    process.kill(parentOf(pid) ?? 0, 'SIGKILL');
    await until(() => startOf(pid) === null);
    expect(readFileSync(join(folder, 'stopped'), 'utf8')).toBe('');
  },
  TIMEOUT_MS,
);
