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

/**
 * Whether everything, or what the named projects hold, has the types it says and follows the rules of lint, and whether each file, export and dependency
 * of the whole is used and names no file that names it; says what does not. Few processes for all projects:
 * one for each reads the types of what they share again and again, which took twice as long.
 * @param {{ projects: string[], env: NodeJS.ProcessEnv }} options
 */
export async function lintAndTypesAreRight({ projects, env }) {
  if (!existsSync(PROJECT_GRAPH)) throw new Error(`Nx has not written ${PROJECT_GRAPH}, which lint reads the module boundaries from.`);
  const folders = projects.length > 0 ? foldersOf(projects) : null;
  const answers = await Promise.all([
    // As much work as the other: TypeScript is done before lint of the tools begins.
    run(tsc, ['--build', ...(folders ?? ['.'])], env).then(async (right) => (folders === null ? (await lint(['tools'], env)) && right : right)),
    run(knip, ['--no-progress', '--no-config-hints'], env).then(async (right) => (await lint(folders ?? ['apps', 'libs'], env)) && right),
  ]);
  return noCircles() && answers.every(Boolean);
}

/** @param {string[]} folders @param {NodeJS.ProcessEnv} env */
const lint = (folders, env) => run(eslint, folders, { ...env, NODE_OPTIONS: `${env.NODE_OPTIONS ?? ''} --max-old-space-size=${HEAP_MB}`.trim() });

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
