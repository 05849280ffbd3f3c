import { postgresImage } from './images.ts';
import { runLabels } from './labels.ts';

const TOOLS = ['psql', 'pg_dump', 'pg_dumpall', 'pg_restore'] as const;

/**
 * Shell functions by which a script calls the Postgres tools of the container image, which are of the same version as its server; the machine need not have any. Files are given to
 * them as standard input and output, since they see none of the machine's.
 */
export function postgresTools(): string {
  const labels = Object.entries(runLabels()).map(([name, value]) => `--label '${name}=${value}'`);
  const run = ['docker run --rm --interactive --network host', ...labels, postgresImage()].join(' ');
  return TOOLS.map((tool) => `${tool}() { ${run} ${tool} "$@"; }\n`).join('');
}
