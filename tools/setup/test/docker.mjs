import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { hostname } from 'node:os';
import { stillRuns } from '../process-life.mjs';
import { inRoot } from '../workspace.mjs';

const ASK_TIMEOUT_MS = 15_000;
const PULL_TIMEOUT_MS = 120_000;
const REMOVE_TIMEOUT_MS = 60_000;

/** @typedef {{ reached: boolean, why: string }} DockerState */

/** @returns {DockerState} whether a Docker answers, or why not, in a few words */
export function reachDocker() {
  const done = docker(['info', '--format', '{{.ServerVersion}}'], ASK_TIMEOUT_MS);
  if (done.status === 0 && done.stdout.trim()) return { reached: true, why: '' };
  if (/** @type {NodeJS.ErrnoException | undefined} */ (done.error)?.code === 'ENOENT') return { reached: false, why: 'no docker command on this machine' };
  const said = (done.stderr ?? '').trim().split('\n').at(-1);
  return { reached: false, why: said || `no answer within ${ASK_TIMEOUT_MS / 1000} s` };
}

/**
 * Testcontainers removes what a killed run left through a container of its own (ryuk). Where that image cannot be had it must
 * be switched off, and the containers of this run are removed here instead.
 * @returns {Record<string, string>}
 */
export function reaperSettings() {
  if (process.env.TESTCONTAINERS_RYUK_DISABLED) return {};
  const image = process.env.RYUK_CONTAINER_IMAGE ?? reaperImage();
  const there = docker(['image', 'inspect', image], ASK_TIMEOUT_MS).status === 0 || docker(['pull', '--quiet', image], PULL_TIMEOUT_MS).status === 0;
  return there ? {} : { TESTCONTAINERS_RYUK_DISABLED: 'true' };
}

/**
 * Removes the containers of this run, and those whose run was killed on this machine; tools/test-services labels them.
 * @param {string} run
 */
export function removeContainers(run) {
  const listed = docker(
    ['ps', '--all', '--filter', 'label=rcm.test-run', '--format', '{{.ID}}\t{{.Label "rcm.test-run"}}\t{{.Label "rcm.owner"}}'],
    ASK_TIMEOUT_MS,
  );
  const rows = (listed.stdout ?? '')
    .split('\n')
    .filter(Boolean)
    .map((line) => line.split('\t'));
  const ids = rows.filter(([, of, owner = '']) => of === run || isOrphan(owner)).map(([id = '']) => id);
  if (ids.length > 0) docker(['rm', '--force', '--volumes', ...ids], REMOVE_TIMEOUT_MS);
}

/** @param {string} owner `HOST PID START` */
function isOrphan(owner) {
  const [host, pid, start = ''] = owner.split(' ');
  return host === hostname() && Number(pid) > 0 && !stillRuns({ pid: Number(pid), start });
}

/** The reaper's image, as the installed Testcontainers names it. */
function reaperImage() {
  const file = createRequire(inRoot('package.json')).resolve('testcontainers/build/reaper/reaper.js');
  return /testcontainers\/ryuk:[\w.]+/.exec(readFileSync(file, 'utf8'))?.[0] ?? 'testcontainers/ryuk:latest';
}

/** @param {string[]} args @param {number} timeout */
function docker(args, timeout) {
  return spawnSync('docker', args, { encoding: 'utf8', timeout, stdio: ['ignore', 'pipe', 'pipe'] });
}
