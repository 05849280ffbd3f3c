import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { RcmError } from '@rcm/telemetry';
import { bundle } from './bundle.ts';
import { IMAGES } from './images.ts';

/** Ends a pack that hangs. */
const PACK_MS = 300_000;
/** What the bundle has beside it. */
const BESIDE = ['playwright', 'playwright-core'];

/**
 * `rcm` in one file, for `npm install --global FILE` on a machine with Node 24 and no way to a registry: what it needs is in it. Returns the file's path. Fails with
 * `state_conflict`, where it cannot be bundled or packed.
 */
export async function packBinary({ root, out }: { readonly root: string; readonly out: string }): Promise<string> {
  const kind = IMAGES.find(({ name }) => name === 'rcm');
  if (!kind) throw new Error('there is no rcm');
  const folder = join(out, 'package');
  await bundle(kind, { root, out: folder });
  const { version, description } = manifestAt(join(root, 'apps', 'cli'));
  const dependencies = Object.fromEntries(BESIDE.map((name) => [name, manifestAt(join(folder, 'node_modules', name)).version]));
  const manifest = {
    ...{ name: 'rcm', version, description, license: 'UNLICENSED', private: true, type: 'module', bin: { rcm: 'main.mjs' }, engines: { node: '>=24' } },
    ...{ dependencies, bundleDependencies: BESIDE },
  };
  writeFileSync(join(folder, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
  mkdirSync(out, { recursive: true });
  return join(out, packed(folder, out));
}

/** Its name. */
function packed(folder: string, out: string): string {
  try {
    const text = execFileSync('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', out], {
      cwd: folder,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
      timeout: PACK_MS,
      maxBuffer: 64 * 1024 * 1024,
    });
    const [made] = JSON.parse(text) as readonly { readonly filename: string }[];
    if (made) return made.filename;
  } catch (cause) {
    throw new RcmError('state_conflict', 'npm could not pack rcm.', { cause });
  }
  throw new RcmError('state_conflict', 'npm has packed nothing.');
}

const manifestAt = (folder: string): { readonly version: string; readonly description: string } =>
  JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { version: string; description: string };
