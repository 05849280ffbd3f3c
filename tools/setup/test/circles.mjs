import { globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { root } from '../workspace.mjs';

const IMPORTED = /\b(?:from|import\()\s*'(\.[^']+)'/g;

/**
 * Whether no file of the workspace names itself by way of others, in types either, which knip leaves aside; says which do.
 */
export function noCircles() {
  const files = globSync('{apps,libs,tools}/*/**/*.{ts,mjs}', { cwd: root, exclude: ['**/node_modules', '**/generated', '**/dist'] });
  const known = new Set(files);
  const circles = circlesOf(
    new Map(
      files.map((file) => {
        const names = [...readFileSync(join(root, file), 'utf8').matchAll(IMPORTED)].map(([, path = '']) => join(dirname(file), path));
        return [file, names.filter((name) => known.has(name))];
      }),
    ),
  );
  for (const circle of circles) process.stderr.write(`These files name each other: ${circle.join(', ')}\n`);
  return circles.length === 0;
}

/**
 * The sets of files of which each leads to each other one, by Tarjan's algorithm.
 * @param {ReadonlyMap<string, readonly string[]>} names what each file imports
 * @returns {string[][]}
 */
export function circlesOf(names) {
  /** @type {Map<string, { order: number, lowest: number, open: boolean }>} */
  const seen = new Map();
  /** @type {string[]} */
  const path = [];
  /** @type {string[][]} */
  const circles = [];
  /** @param {string} file */
  const visit = (file) => {
    const self = { order: seen.size, lowest: seen.size, open: true };
    seen.set(file, self);
    path.push(file);
    for (const name of names.get(file) ?? []) {
      const other = seen.get(name) ?? visit(name);
      if (other.open) self.lowest = Math.min(self.lowest, other.lowest);
    }
    if (self.lowest < self.order) return self;
    const circle = path.splice(path.indexOf(file));
    for (const each of circle) Object.assign(seen.get(each) ?? {}, { open: false });
    if (circle.length > 1 || names.get(file)?.includes(file)) circles.push(circle.sort());
    return self;
  };
  for (const file of names.keys()) if (!seen.has(file)) visit(file);
  return circles;
}
