import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { fileURLToPath } from 'node:url';
import { watchAncestors } from './ancestors.mjs';
import { startOf } from './process-life.mjs';

const WATCH_PARENT = fileURLToPath(new URL('./watch-parent.mjs', import.meta.url));
// After the child's own grace (watch-parent.mjs) there is nothing left to wait for.
const KILL_AFTER_MS = 25_000;

/**
 * @typedef {object} Program
 * @property {string} node path of the Node that runs it
 * @property {string} file
 * @property {string[]} args
 * @property {string} cwd
 * @property {NodeJS.ProcessEnv} env
 * @property {string[]} [through] a command that becomes the one that follows it
 */

/**
 * Runs a program in the foreground with our stdin, stdout and stderr, and ends it when an ancestor up to npm is gone.
 * It in turn watches us (watch-parent.mjs). Resolves with the exit code, 128 + n after signal n, as shells count.
 * @param {Program} program
 * @param {import('./process-life.mjs').ProcessIdentity[]} ancestors
 * @returns {Promise<number>}
 */
export function runInForeground({ node, file, args, cwd, env, through = [] }, ancestors) {
  const parent = { RCM_PARENT_PID: String(process.pid), RCM_PARENT_START: startOf(process.pid) ?? '' };
  const [command = node, ...rest] = [...through, node, '--disable-sigusr1', '--import', WATCH_PARENT, file, ...args];
  const child = spawn(command, rest, { cwd, env: { ...env, ...parent }, stdio: 'inherit' });
  const forward = (/** @type {NodeJS.Signals} */ signal) => child.kill(signal);
  const onTerminal = [process.stdin, process.stdout, process.stderr].some((stream) => stream.isTTY);
  for (const signal of /** @type {const} */ (['SIGTERM', 'SIGHUP'])) process.on(signal, forward);
  // A terminal sends Ctrl-C to the whole group: a second one from us would read as impatience.
  process.on('SIGINT', onTerminal ? () => undefined : forward);
  const unwatch = watchAncestors(ancestors, () => {
    child.kill('SIGTERM');
    setTimeout(() => child.kill('SIGKILL'), KILL_AFTER_MS).unref();
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      unwatch();
      resolve(code ?? 128 + (signal ? constants.signals[signal] : 0));
    });
  });
}
