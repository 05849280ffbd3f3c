import { spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, realpathSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const MAIN = join(import.meta.dirname, 'main.ts');

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A folder for all that a test's platforms make: also their temporary files. */
export function newBase(name: string): string {
  const base = realpathSync(mkdtempSync(join(tmpdir(), `rcm-${name}-e2e-`)));
  // As root, Postgres runs as another user, who must be able to pass.
  chmodSync(base, 0o711);
  return base;
}

export interface Call {
  readonly args: readonly string[];
  /** Beside that of the tests. */
  readonly environment?: NodeJS.ProcessEnv;
}

/** `npm start -- …args` as a person in `base` calls it. */
export function start(base: string, { args, environment: own = {} }: Call) {
  const environment = { ...process.env, INIT_CWD: base, TMPDIR: base, ...own };
  const child = spawn(process.execPath, ['--disable-sigusr1', MAIN, ...args], { env: environment, stdio: ['ignore', 'pipe', 'pipe'] });
  const output = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output.stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (output.stderr += text));
  const ended = new Promise<Ended>((resolve) => child.once('close', (code) => resolve({ code, ...output })));
  const said = (words: string) =>
    new Promise<void>((resolve, reject) => {
      child.stderr.on('data', () => output.stderr.includes(words) && resolve());
      child.once('close', () => reject(new Error(`It ended without saying "${words}": ${output.stderr}`)));
    });
  return { child, ended, said, output };
}

/** Processes that a platform in `base` started: each has the folder on its command line. */
export const stayedBehind = (base: string): string[] =>
  readdirSync('/proc').filter((pid) => {
    try {
      return /^[0-9]+$/.test(pid) && readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes(base);
    } catch {
      return false;
    }
  });
