import { execFileSync } from 'node:child_process';
import { globSync, readFileSync, rmSync, writeFileSync, copyFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * `npm run pack`: builds `dist/package`, a folder that npm can pack or publish as it is, and packs it. The workspace runs from source;
 * Node strips no types inside node_modules, so what is packed is JavaScript with declarations. `@rcm/telemetry` is not published by
 * itself: its code goes along, under the package's own import name `#telemetry`. Prints the path of the tarball.
 */
const library = join(import.meta.dirname, '..');
const telemetry = join(library, '..', 'telemetry');
const out = join(library, 'dist', 'package');

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly description: string;
  readonly exports: Readonly<Record<string, string>>;
  readonly dependencies: Readonly<Record<string, string>>;
}
const readManifest = (folder: string): Manifest => JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest;

const run = (command: string, args: readonly string[], cwd: string): string =>
  execFileSync(command, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'], timeout: 180_000 });

function compile(): void {
  rmSync(out, { recursive: true, force: true });
  run(process.execPath, [join(library, '..', '..', 'node_modules', 'typescript', 'bin', 'tsc'), '-p', join(library, 'pack')], library);
  for (const file of globSync('lib/**/*.{js,d.ts}', { cwd: out })) {
    const text = readFileSync(join(out, file), 'utf8');
    writeFileSync(join(out, file), text.replaceAll(/(['"])@rcm\/telemetry\1/g, "'#telemetry'"));
  }
}

/** `AbortSignal`, `fetch` and `node:util` are in the declarations: without Node's types, `any` would stand in their place. */
function referToNode(): void {
  for (const { types } of entryPoints) writeFileSync(join(out, types), `/// <reference types="node" />\n${readFileSync(join(out, types), 'utf8')}`);
}

/** `./src/stores/ssm.ts` of a project as what it was compiled to. */
const built = (project: string, source: string): { readonly types: string; readonly default: string } => {
  const path = `./lib/${project}/${source.replace(/^\.\//, '').replace(/\.ts$/, '')}`;
  return { types: `${path}.d.ts`, default: `${path}.js` };
};

const [own, bundled] = [readManifest(library), readManifest(telemetry)];
const exported = Object.entries(own.exports).map(([name, source]) => [name, built('credentials', source)] as const);
const entryPoints = exported.map(([, files]) => files);

function writeManifest(): void {
  const dependencies = Object.entries({ ...bundled.dependencies, ...own.dependencies }).filter(([name]) => name !== bundled.name);
  const manifest = {
    ...{ name: own.name, version: own.version, description: own.description, license: 'UNLICENSED', type: 'module', sideEffects: false },
    engines: { node: '>=22.12' },
    exports: { ...Object.fromEntries(exported), './payload.schema.json': './payload.schema.json' },
    imports: { '#telemetry': built('telemetry', bundled.exports['.'] ?? '') },
    files: ['lib', 'payload.schema.json'],
    dependencies: Object.fromEntries(dependencies.sort(([a], [b]) => a.localeCompare(b))),
  };
  writeFileSync(join(out, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
}

compile();
referToNode();
writeManifest();
for (const file of ['README.md', 'payload.schema.json']) copyFileSync(join(library, file), join(out, file));
const [packed] = JSON.parse(run('npm', ['pack', '--json', '--pack-destination', join(library, 'dist')], out)) as { readonly filename: string }[];
process.stdout.write(`${join(library, 'dist', packed?.filename ?? '')}\n`);
