import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const PAGE = fileURLToPath(new URL('../../../docs/rotation.md', import.meta.url));

/** What docs/rotation.md says to type about a dump: how it is made, and how it is restored. */
export function linesOfPage(): readonly [make: string, restore: string] {
  const [, section = ''] = readFileSync(PAGE, 'utf8').split('#### A dump and its restore\n');
  const [make, restore] = [...section.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map(([, lines = '']) => lines);
  if (make === undefined || restore === undefined) throw new Error(`${PAGE} says no more how a dump is made and restored`);
  return [make, restore];
}
