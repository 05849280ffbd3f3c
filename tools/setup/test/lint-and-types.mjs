import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { runInForeground } from '../child.mjs';
import { inRoot, root } from '../workspace.mjs';
import { noCircles } from './circles.mjs';

const eslint = inRoot('node_modules', 'eslint', 'bin', 'eslint.js');
const knip = inRoot('node_modules', 'knip', 'bin', 'knip.js');
const tsc = inRoot('node_modules', 'typescript', 'bin', 'tsc');
/** What Nx knows of the projects; without it the rule of the module boundaries lets everything pass, with a warning. */
const PROJECT_GRAPH = inRoot('.nx', 'workspace-data', 'project-graph.json');
/** The types of all sources at once need more than Node takes by itself. */
const HEAP_MB = 8192;

/** @typedef {{ projects: string[], env: NodeJS.ProcessEnv }} Checked what is looked at: the named projects, or everything where none is */

/**
 * Whether the rules of lint are followed; says where not. Everything is one program (eslint.config.js): one for each project reads the types of what
 * they share again and again, which took twice as long.
 * @param {Checked} checked
 */
export function lintIsRight({ projects, env }) {
  if (!existsSync(PROJECT_GRAPH)) throw new Error(`Nx has not written ${PROJECT_GRAPH}, which lint reads the module boundaries from.`);
  const NODE_OPTIONS = `${env.NODE_OPTIONS ?? ''} --max-old-space-size=${HEAP_MB}`.trim();
  if (projects.length > 0) return run(eslint, foldersOf(projects), { ...env, NODE_OPTIONS });
  return run(eslint, ['apps', 'libs', 'tools'], { ...env, NODE_OPTIONS, RCM_LINT_AS_ONE: '1' });
}

/** Whether everything has the types it says; says what has not. @param {Checked} checked */
export const typesAreRight = ({ projects, env }) => run(tsc, ['--build', ...(projects.length > 0 ? foldersOf(projects) : ['.'])], env);

/** Whether each file, export and dependency of the whole is used, and names no file that names it; says what is not or does. @param {NodeJS.ProcessEnv} env */
export const allIsUsed = async (env) => (await run(knip, ['--no-progress', '--no-config-hints'], env)) && noCircles();

/** @param {string} file @param {string[]} args @param {NodeJS.ProcessEnv} env */
const run = async (file, args, env) => (await runInForeground({ node: process.execPath, file, args, cwd: root, env }, [])) === 0;

/** @param {string[]} projects package names */
function foldersOf(projects) {
  const { workspaces } = JSON.parse(readFileSync(inRoot('package.json'), 'utf8'));
  const folders = new Map(
    globSync(
      workspaces.map((/** @type {string} */ each) => `${each}/package.json`),
      { cwd: root },
    ).map((file) => [JSON.parse(readFileSync(inRoot(file), 'utf8')).name, dirname(file)]),
  );
  return projects.map((name) => {
    const folder = folders.get(name);
    if (folder === undefined) throw new Error(`There is no project ${name}.`);
    return folder;
  });
}
