import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** Longer, nobody reads before they use it. */
const MOST_LINES = 15;

/** The library's own, and not the repository's, which the whole name would be taken for. */
const README = ['README', 'md'].join('.');

/** What the first example in a library's README exports, as whoever copies it has it. Fails where there is none, or where it is longer than fifteen lines. */
export async function quickStartOf(library: string): Promise<Readonly<Record<string, unknown>>> {
  const [, code] = /^```ts\n([^]*?)^```$/m.exec(readFileSync(join(library, README), 'utf8')) ?? [];
  if (code === undefined) throw new Error(`The README of ${library} has no example.`);
  const lines = code.trim().split('\n').length;
  if (lines > MOST_LINES) throw new Error(`The example in the README of ${library} has ${lines} lines.`);
  // Below the library, so that packages are found as from there; `dist` is nobody's source.
  const folder = join(library, 'dist', 'quick-start');
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `${process.pid}.ts`);
  writeFileSync(file, code);
  try {
    return (await import(pathToFileURL(file).href)) as Readonly<Record<string, unknown>>;
  } finally {
    rmSync(file);
  }
}
