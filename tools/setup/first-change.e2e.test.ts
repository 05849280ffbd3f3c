import { execFile } from 'node:child_process';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { isLongForm } from '@rcm/test-services';
import { afterAll, beforeAll, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '..', '..');
const PAGE = readFileSync(join(ROOT, 'docs', 'first-change.md'), 'utf8');
const TIMEOUT_MS = 3_600_000;
/** Minutes of everything that uses the library: in the long form. Installing is what the clone beside this test has had. */
const DEAR = /^npm run nx -- affected|^npm run format/;
const DONE_ALREADY = /^npm ci$/;

interface Block {
  readonly language: string;
  readonly text: string;
}
const blocks: readonly Block[] = [...PAGE.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)].map(([, language = '', text = '']) => ({ language, text }));
const commands = blocks.filter(({ language }) => language === 'sh').flatMap(({ text }) => text.trim().split('\n'));

/** Of an unpacked archive there is nothing to clone. */
const HAS_HISTORY = existsSync(join(ROOT, '.git'));
let clone: string;
/** By links where both lie on one disk: a gigabyte of packages is not worth copying. */
const copy = (from: string, to: string) =>
  promisify(execFile)('cp', ['-al', from, to]).catch(() => rm(to, { recursive: true, force: true }).then(() => promisify(execFile)('cp', ['-a', from, to])));
beforeAll(async () => {
  if (!HAS_HISTORY) return;
  clone = join(await mkdtemp(join(tmpdir(), 'rcm-first-change-')), 'clone');
  await promisify(execFile)('git', ['clone', '--quiet', ROOT, clone]);
  // What is installed for it: the same packages, and the links between the projects lead to the clone's own.
  for (const folder of ['node_modules', ...globSync('{apps,libs,tools}/*/node_modules', { cwd: ROOT })])
    if (existsSync(join(clone, dirname(folder)))) await copy(join(ROOT, folder), join(clone, folder));
  for (const made of ['libs/db/src/generated', '.rcm/setup'])
    if (existsSync(join(ROOT, made))) await cp(join(ROOT, made), join(clone, made), { recursive: true });
  await mkdir(join(clone, '.rcm'), { recursive: true });
}, TIMEOUT_MS);
afterAll(async () => {
  if (HAS_HISTORY) await rm(dirname(clone), { recursive: true, force: true });
});

it.skipIf(!HAS_HISTORY)(
  `the commands of the page do what they say${HAS_HISTORY ? '' : ' (this is no clone)'}${isLongForm() ? '' : ' (format, lint, types and unit tests of what it touches: in the long form)'}`,
  { timeout: TIMEOUT_MS },
  async () => {
    expect(commands.length).toBeGreaterThan(10);
    const patch = blocks.find(({ language }) => language === 'diff')?.text ?? '';
    await writeFile(join(clone, 'end-rule.patch'), patch);
    // The page begins on main, wherever the clone that is tested stands.
    await shell(
      'git checkout -q -B main && git config user.name newcomer && git config user.email newcomer@example.org && echo end-rule.patch >> .git/info/exclude',
    );
    const ran: string[] = [];
    for (const command of commands) {
      if (DONE_ALREADY.test(command) || (DEAR.test(command) && !isLongForm())) continue;
      const { code, output } = await shell(command);
      // The first run of the tests is the one that must be red.
      const isRed = command.includes('vitest') && !ran.includes(command);
      expect([command, code === 0, output.slice(-2_000)]).toEqual([command, !isRed, expect.any(String)]);
      if (isRed) expect(output).toContain("expected [] to deeply equal [ 'does not end with letter' ]");
      ran.push(command);
    }
    const { output } = await shell('git log -1 --format=%s main && git status --porcelain');
    expect(output.trim()).toBe('credentials: a portal may say what a password ends with');
  },
);

/** As somebody in the clone types it, with the path that the page sets. */
async function shell(command: string): Promise<{ readonly code: number; readonly output: string }> {
  const path = commands.find((one) => one.startsWith('export PATH')) ?? 'true';
  // What these commands count is no part of the run that this test belongs to.
  const { RCM_TEST_RESULTS: _results, RCM_TEST_RUN: _run, ...inherited } = process.env;
  const env = { ...inherited, NO_COLOR: '1', FORCE_COLOR: '0', NX_DAEMON: 'false' };
  try {
    const { stdout, stderr } = await promisify(execFile)('bash', ['-c', `${path}\n${command}`], { cwd: clone, env, timeout: TIMEOUT_MS, maxBuffer: 2 ** 26 });
    return { code: 0, output: stdout + stderr };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { code, output: `${stdout}${stderr}` };
  }
}
