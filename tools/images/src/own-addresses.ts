import { readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import type { Plugin } from 'esbuild';

const OWN = /\/(?:apps|libs|tools)\/[^/]+\/src\/.*\.ts$/;
const OWN_PACKAGE = /import\.meta\.resolve\('(@rcm\/[a-z-]+)'\)/g;
const NAMED_FILE = /new URL\('([^']+)', import\.meta\.url\)/g;

/** What a source says once it is part of a bundle, and the files that it names by its own address, from the root of the repository. */
export interface Readdressed {
  readonly text: string;
  readonly files: readonly string[];
}

/**
 * In a bundle every module has the bundle's address. A module that finds its files by its own keeps the address that it has in the repository, counted from the
 * bundle's folder; so the files lie there as they lie here. `packageAt` gives the source that a package of ours begins with.
 */
export function readdress(path: string, source: string, packageAt: (name: string) => string): Readdressed {
  const address = (to: string): string => `new URL(${JSON.stringify(to)}, import.meta.url).href`;
  const files = [...source.matchAll(NAMED_FILE)].map(([, named = '']) => join(dirname(path), named).replace(/\/$/, ''));
  const text = source.replaceAll('import.meta.url', address(path)).replaceAll(OWN_PACKAGE, (_call, name: string) => address(packageAt(name)));
  return { text, files };
}

/** The same for every source of ours; `onFile` is told of each file that must go along. */
export function ownAddresses(root: string, onFile: (file: string) => void): Plugin {
  const packageAt = (name: string): string => {
    const folder = join('libs', name.slice('@rcm/'.length));
    const { exports } = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8')) as { readonly exports: Readonly<Record<string, string>> };
    return join(folder, exports['.'] ?? '');
  };
  return {
    name: 'own-addresses',
    setup(build) {
      build.onLoad({ filter: OWN }, ({ path }) => {
        const source = readFileSync(path, 'utf8');
        if (!source.includes('import.meta.')) return null;
        const { text, files } = readdress(relative(root, path), source, packageAt);
        files.forEach(onFile);
        return { contents: text, loader: 'ts' };
      });
    },
  };
}
