import { runInForeground } from '../child.mjs';
import { inRoot, root } from '../workspace.mjs';

const nx = inRoot('node_modules', 'nx', 'dist', 'bin', 'nx.js');

/**
 * Runs targets in every project that has them, or in the named ones, always anew, so that tests can be counted. Resolves to whether all went well.
 * @param {string[]} targets
 * @param {{ projects: string[], env: NodeJS.ProcessEnv, parallel: number }} options
 */
export function runTargets(targets, { projects, env, parallel }) {
  const only = projects.length > 0 ? ['--projects', projects.join(',')] : [];
  return runNx(['run-many', '--targets', targets.join(','), `--parallel=${parallel}`, '--outputStyle=stream', '--skip-nx-cache', ...only], env);
}

/**
 * Whether every tsconfig.json names the projects that its package.json depends on.
 * @param {NodeJS.ProcessEnv} env
 */
export function referencesInSync(env) {
  return runNx(['sync:check'], env);
}

/** @param {string[]} args @param {NodeJS.ProcessEnv} env */
async function runNx(args, env) {
  // Nx's daemon would outlive this command by hours.
  const code = await runInForeground({ node: process.execPath, file: nx, args, cwd: root, env: { ...env, NX_DAEMON: 'false' } }, []);
  return code === 0;
}
