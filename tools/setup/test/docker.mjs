import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import { inRoot } from '../workspace.mjs';

const ASK_TIMEOUT_MS = 15_000;
const PULL_TIMEOUT_MS = 120_000;

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

/** Removes the containers that carry this run's label (see tools/test-services). @param {string} run */
export function removeContainers(run) {
  const found = docker(['ps', '--all', '--quiet', '--filter', `label=rcm.test-run=${run}`], ASK_TIMEOUT_MS);
  const ids = (found.stdout ?? '').split('\n').filter(Boolean);
  if (ids.length > 0) docker(['rm', '--force', '--volumes', ...ids], ASK_TIMEOUT_MS);
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
