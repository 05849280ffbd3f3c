import { runInForeground } from '../child.mjs';
import { inRoot, root } from '../workspace.mjs';

const prettier = inRoot('node_modules', 'prettier', 'bin', 'prettier.cjs');

/**
 * Whether every file is as `npm run format` would leave it; names those that are not.
 * @param {NodeJS.ProcessEnv} env
 */
export async function isFormatted(env) {
  const code = await runInForeground({ node: process.execPath, file: prettier, args: ['--check', '--log-level=warn', '.'], cwd: root, env }, []);
  return code === 0;
}
