import { runInForeground } from '../child.mjs';
import { inRoot, root } from '../workspace.mjs';

const nx = inRoot('node_modules', 'nx', 'dist', 'bin', 'nx.js');

/**
 * Runs targets in every project that has them, or in the named ones. Resolves to whether all went well.
 * @param {string[]} targets
 * @param {{ projects: string[], env: NodeJS.ProcessEnv, parallel: number }} options
 */
export async function runTargets(targets, { projects, env, parallel }) {
  const only = projects.length > 0 ? ['--projects', projects.join(',')] : [];
  const args = ['run-many', '--targets', targets.join(','), `--parallel=${parallel}`, '--outputStyle=stream', ...only];
  // Nx's daemon would outlive this command by hours.
  const code = await runInForeground({ node: process.execPath, file: nx, args, cwd: root, env: { ...env, NX_DAEMON: 'false' } }, []);
  return code === 0;
}
