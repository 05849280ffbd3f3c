/**
 * Asks Nx itself what a change of each file would affect: JSON `["path", …]` on stdin, `{ "path": ["project", …] }` on stdout, and under
 * `uses` what each project stands on. A process of its own, because Nx keeps what it knows of a workspace for as long as it runs.
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
const roots = Object.fromEntries(Object.values(graph.nodes).map(({ name, data }) => [data.root, name]));
process.stdout.write(JSON.stringify({ affected, roots }));
process.exit(0);
