/**
 * Asks Nx itself: JSON `["path", …]` on stdin; on stdout `affected`, by path the names of the projects that a change of it reaches, and `uses`, by
 * project the roots of all that it stands on. A process of its own, because Nx keeps what it knows of a workspace for as long as it runs.
 */
import { createRequire } from 'node:module';
import { text } from 'node:stream/consumers';
import { inRoot } from '../workspace.mjs';

process.env.NX_DAEMON = 'false';
process.chdir(inRoot());
const require = createRequire(inRoot('package.json'));
const { createProjectGraphAsync } = require('@nx/devkit');
const { readNxJson } = require('nx/src/config/nx-json');
const { filterAffected } = require('nx/src/project-graph/affected/affected-project-graph');

/** @type {string[]} */
const files = JSON.parse(await text(process.stdin));
const graph = await createProjectGraphAsync({ exitOnError: true });
/** @type {Record<string, string[]>} */
const affected = {};
for (const file of files) {
  const touched = [{ file, hash: '', getChanges: () => [] }];
  affected[file] = Object.keys((await filterAffected(graph, touched, readNxJson())).nodes);
}
/** @param {string} name @param {Set<string>} seen @returns {Set<string>} */
function standsOn(name, seen = new Set()) {
  for (const { target } of graph.dependencies[name] ?? []) if (graph.nodes[target] && !seen.has(target)) standsOn(target, seen.add(target));
  return seen;
}
const uses = Object.fromEntries(Object.keys(graph.nodes).map((name) => [name, [...standsOn(name)].map((each) => graph.nodes[each]?.data.root)]));
process.stdout.write(JSON.stringify({ affected, uses }));
process.exit(0);
