import { runInForeground } from '../child.mjs';
import { inRoot, root } from '../workspace.mjs';

const nx = inRoot('node_modules', 'nx', 'dist', 'bin', 'nx.js');

/**
 * @typedef {object} Targets
 * @property {string[]} targets
 * @property {string[]} projects package names, none for all
 * @property {string[]} [without] the same, of those that are left out
 * @property {NodeJS.ProcessEnv} env
 * @property {number} parallel projects at once
 * @property {string[]} [through] what it is started through (own-network.mjs)
 */

/**
 * Runs targets in every project that has them, always anew, so that tests can be counted, and without what they need: that is made once, before all of
 * them. Resolves to whether all went well.
 * @param {Targets} wanted
 */
export function runTargets({ targets, projects, without = [], env, parallel, through = [] }) {
  const only = projects.length > 0 ? ['--projects', projects.join(',')] : [];
  const left = without.length > 0 ? ['--exclude', without.join(',')] : [];
  const anew = ['--outputStyle=stream', '--skip-nx-cache', '--excludeTaskDependencies'];
  return runNx(['run-many', '--targets', targets.join(','), `--parallel=${parallel}`, ...anew, ...only, ...left], env, through);
}

/**
 * Whether every tsconfig.json names the projects that its package.json depends on.
 * @param {NodeJS.ProcessEnv} env
 */
export function referencesInSync(env) {
  return runNx(['sync:check'], env);
}

/** @param {string[]} args @param {NodeJS.ProcessEnv} env @param {string[]} [through] */
async function runNx(args, env, through = []) {
  // Nx's daemon would outlive this command by hours.
  const code = await runInForeground({ node: process.execPath, file: nx, args, cwd: root, env: { ...env, NX_DAEMON: 'false' }, through }, []);
  return code === 0;
}
