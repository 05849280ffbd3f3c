/**
 * By hand: kills `npm start --data DIR` at random moments and starts it again; the figures must end the same and no process may
 * stay. `node tools/soak/src/kill-test/main.ts [--rounds 10] [--kills 1] [--endpoints 6] [--latest 60]`. Each round has a fresh
 * folder, `--kills` kills in a row, then a run to the end. Kills hit in turn the whole process group and only npm; after
 * every other one the next run starts at once, while the killed run's processes still end. Linux only.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '10' },
    kills: { type: 'string', default: '1' },
    endpoints: { type: 'string', default: '6' },
    latest: { type: 'string', default: '60' },
  },
});
const ROOT = join(import.meta.dirname, '..', '..', '..', '..');
const GONE_MS = 90_000;
const RUN_MS = 600_000;

interface Run {
  readonly npm: ChildProcess;
  readonly ended: Promise<number | null>;
  stdout(): string;
  stderr(): string;
}

const say = (text: string): void => void process.stdout.write(`${text}\n`);

function start(folder: string): Run {
  const npm = spawn('npm', ['--silent', 'start', '--', '--once', '--json', '--endpoints', values.endpoints, '--data', folder], {
    cwd: ROOT,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  npm.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  npm.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  return { npm, ended: new Promise((resolve) => npm.once('exit', (code) => resolve(code))), stdout: () => stdout, stderr: () => stderr };
}

/** Processes whose command line or environment names the folder. */
function processesOf(folder: string): string[] {
  const reads = (pid: string, file: string): string => {
    try {
      return readFileSync(`/proc/${pid}/${file}`, 'latin1').replaceAll('\0', ' ');
    } catch {
      return '';
    }
  };
  return readdirSync('/proc')
    .filter((name) => /^[0-9]+$/.test(name) && Number(name) !== process.pid)
    .filter((pid) => reads(pid, 'cmdline').includes(folder) || reads(pid, 'environ').includes(folder))
    .map((pid) => `${pid} ${reads(pid, 'cmdline').slice(0, 120)}`);
}

/** Milliseconds until nothing was left, or the processes that stayed. */
async function untilGone(folder: string): Promise<number | string[]> {
  const from = Date.now();
  for (;;) {
    const left = processesOf(folder);
    if (left.length === 0) return Date.now() - from;
    if (Date.now() - from > GONE_MS) return left;
    await sleep(100);
  }
}

async function killOnce(folder: string, wholeGroup: boolean, wait: boolean): Promise<boolean> {
  const run = start(folder);
  const afterMs = 300 + Math.floor(Math.random() * (Number(values.latest) * 1000 - 300));
  const early = await Promise.race([run.ended, sleep(afterMs, 'running' as const)]);
  if (early !== 'running') {
    say(`  ended by itself with ${early} before the kill at ${afterMs} ms`);
    return early === 0;
  }
  process.kill(wholeGroup ? -run.npm.pid! : run.npm.pid!, 'SIGKILL');
  const last = run.stderr().trim().split('\n').at(-1)?.trim() ?? '';
  const gone = wait ? await untilGone(folder) : 'not waited for';
  say(
    `  killed ${wholeGroup ? 'the group' : 'npm only'} after ${afterMs} ms ("${last}"); all gone after: ${typeof gone === 'number' ? `${gone} ms` : JSON.stringify(gone)}`,
  );
  return !Array.isArray(gone);
}

async function round(number: number): Promise<boolean> {
  const folder = mkdtempSync(join(tmpdir(), 'rcm-kill-test-'));
  say(`round ${number} in ${folder}`);
  let good = true;
  for (let kill = 0; kill < Number(values.kills); kill += 1) good = (await killOnce(folder, (number + kill) % 2 === 0, (number + kill) % 4 < 2)) && good;
  const from = Date.now();
  const run = start(folder);
  const code = await Promise.race([run.ended, sleep(RUN_MS, 'too late' as const)]);
  const left = await untilGone(folder);
  const lock = readdirSync(folder).includes('lock');
  good &&= code === 0 && typeof left === 'number' && !lock;
  say(`  ended with ${code} after ${Date.now() - from} ms: ${run.stdout().trim()}`);
  if (!good) say(`  NOT GOOD. Left: ${JSON.stringify(left)}, lock: ${lock}. It said:\n${run.stderr()}`);
  else rmSync(folder, { recursive: true, force: true });
  return good;
}

let failed = 0;
for (let number = 0; number < Number(values.rounds); number += 1) if (!(await round(number))) failed += 1;
say(failed === 0 ? 'all rounds as they should be' : `${failed} rounds NOT as they should be`);
process.exit(failed === 0 ? 0 : 1);
