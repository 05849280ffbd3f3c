import { execFileSync } from 'node:child_process';
import { copyFileSync, globSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';

/** A library of the workspace that others may install. */
export interface PackedLibrary {
  /** Its folder; `pack/tsconfig.json` in it says what is compiled, into `dist/package/lib`. */
  readonly library: string;
  /** Folder of another library, published by nobody, whose code goes along under an import name of its own. */
  readonly alongside?: string;
  /** Files beside its README that go along, each an entry point by its name. */
  readonly files?: readonly string[];
  /** Versions of Node that it is tried with. */
  readonly node: string;
}

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly description: string;
  readonly exports: Readonly<Record<string, string>>;
  readonly dependencies: Readonly<Record<string, string>>;
}

const COMPILE_MS = 180_000;
const ROOT = join(import.meta.dirname, '..', '..', '..');

/**
 * Builds `dist/package`, a folder that npm can pack or publish as it is, and packs it. The workspace runs from source; Node strips no types inside
 * node_modules, so what is packed is JavaScript with declarations. Returns the path of the tarball.
 */
export function packLibrary({ library, alongside, files = [], node }: PackedLibrary): string {
  const out = join(library, 'dist', 'package');
  const [own, bundled] = [manifestOf(library), alongside === undefined ? null : manifestOf(alongside)];
  const exported = Object.entries(own.exports).map(([name, source]) => [name, built(library, source)] as const);
  rmSync(out, { recursive: true, force: true });
  run(process.execPath, [join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc'), '-p', join(library, 'pack')], library);
  if (bundled) importByOwnName(out, bundled.name);
  // `AbortSignal`, `fetch` and `node:util` are in the declarations: without Node's types, `any` would stand in their place.
  for (const [, { types }] of exported) writeFileSync(join(out, types), `/// <reference types="node" />\n${readFileSync(join(out, types), 'utf8')}`);
  const dependencies = Object.entries({ ...bundled?.dependencies, ...own.dependencies }).filter(([name]) => name !== bundled?.name);
  const manifest = {
    ...{ name: own.name, version: own.version, description: own.description, license: 'UNLICENSED', type: 'module', sideEffects: false },
    engines: { node },
    exports: { ...Object.fromEntries(exported), ...Object.fromEntries(files.map((file) => [`./${file}`, `./${file}`])) },
    ...(bundled && alongside !== undefined ? { imports: { [ownName(bundled.name)]: built(alongside, bundled.exports['.'] ?? '') } } : {}),
    files: ['lib', ...files],
    dependencies: Object.fromEntries(dependencies.sort(([a], [b]) => a.localeCompare(b))),
  };
  writeFileSync(join(out, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
  for (const file of [...globSync('*.md', { cwd: library }), ...files]) copyFileSync(join(library, file), join(out, file));
  const [packed] = JSON.parse(run('npm', ['pack', '--json', '--pack-destination', join(library, 'dist')], out)) as { readonly filename: string }[];
  return join(library, 'dist', packed?.filename ?? '');
}

const manifestOf = (folder: string): Manifest => JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest;

const run = (command: string, args: readonly string[], cwd: string): string =>
  execFileSync(command, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'], timeout: COMPILE_MS });

/** `@rcm/telemetry` as `#telemetry`. */
const ownName = (name: string): string => name.replace('@rcm/', '#');

function importByOwnName(out: string, name: string): void {
  for (const file of globSync('lib/**/*.{js,d.ts}', { cwd: out })) {
    const text = readFileSync(join(out, file), 'utf8');
    writeFileSync(join(out, file), text.replaceAll(`'${name}'`, `'${ownName(name)}'`).replaceAll(`"${name}"`, `'${ownName(name)}'`));
  }
}

/** `./src/stores/ssm.ts` of a library as what it was compiled to. */
function built(library: string, source: string): { readonly types: string; readonly default: string } {
  const path = `./lib/${basename(library)}/${source.replace(/^\.\//, '').replace(/\.ts$/, '')}`;
  return { types: `${path}.d.ts`, default: `${path}.js` };
}
