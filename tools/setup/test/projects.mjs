/** What this clone has to test, as its package.json files say. */
import { globSync, readFileSync } from 'node:fs';
import { WrongCall } from '../clear-error.mjs';
import { inRoot, root } from '../workspace.mjs';

/** What the results of each target are counted as. */
const KINDS_OF_TARGETS = /** @type {const} */ ({ 'test-unit': 'unit', 'test-int': 'embedded', 'test-e2e': 'e2e', 'test-containers': 'containers' });

/** @typedef {(typeof KINDS_OF_TARGETS)[keyof typeof KINDS_OF_TARGETS]} Kind */
/** @typedef {{ name: string, kinds: Kind[] }} Project its package name, and the kinds of tests that it has */

/** Every one, in the order of their names. @returns {Project[]} */
export function projectsOfWorkspace() {
  /** @type {{ workspaces: string[] }} */
  const { workspaces } = JSON.parse(readFileSync(inRoot('package.json'), 'utf8'));
  const files = globSync(
    workspaces.map((folder) => `${folder}/package.json`),
    { cwd: root },
  );
  return files.map((file) => projectOf(JSON.parse(readFileSync(inRoot(file), 'utf8')))).sort((a, b) => a.name.localeCompare(b.name));
}

/** @param {{ name: string, scripts?: Record<string, string> }} packageJson @returns {Project} */
function projectOf({ name, scripts = {} }) {
  const kinds = Object.entries(KINDS_OF_TARGETS).flatMap(([target, kind]) => (scripts[target] === undefined ? [] : [kind]));
  return { name, kinds };
}

/** Those that are wanted, all where no name is given. @param {Project[]} all @param {string[]} names */
export function wantedOf(all, names) {
  const unknown = names.filter((name) => !all.some((project) => project.name === name));
  if (unknown.length > 0)
    throw new WrongCall(`There is no project ${unknown.join(', ')}: nothing was run. These are there: ${all.map(({ name }) => name).join(', ')}`);
  return names.length === 0 ? all : all.filter(({ name }) => names.includes(name));
}
