import { copyFileSync, linkSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { RcmError } from '@rcm/telemetry';
import { bundle } from './bundle.ts';
import { IMAGES, type ImageKind } from './images.ts';

/** What a build of images is made from, in one folder; nothing else of the machine is seen by it. */
export interface Context {
  readonly folder: string;
  /** Of each image, the folders of packages that are in it, from the root of the repository. */
  readonly packages: Readonly<Record<ImageKind['name'], readonly string[]>>;
}

/** Bundles every app and lays Node and the scripts of docker/images beside them. Fails with `config_invalid` where set-up has not been run for this kind of machine. */
export async function makeContext(root: string): Promise<Context> {
  const folder = join(root, '.rcm', 'images', 'context');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(join(folder, 'apps'), { recursive: true });
  const packages = {} as Record<ImageKind['name'], readonly string[]>;
  for (const kind of IMAGES) packages[kind.name] = (await bundle(kind, { root, out: join(folder, 'apps', kind.name) })).packages;
  linkOrCopy(nodeProgram(root), join(folder, 'node'));
  const scripts = join(root, 'docker', 'images');
  for (const name of readdirSync(scripts).filter((each) => each.endsWith('.sh'))) copyFileSync(join(scripts, name), join(folder, name));
  return { folder, packages };
}

/** Node as the lockfile has it: the same program that runs the tests. */
export const NODE_PACKAGE = `node-linux-${process.arch}`;

const nodeProgram = (root: string): string => join(root, 'node_modules', NODE_PACKAGE, 'bin', 'node');

/** It is large, and the same file system is usual. */
function linkOrCopy(from: string, to: string): void {
  try {
    linkSync(from, to);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT')
      throw new RcmError('config_invalid', `${from} is missing; images are built on Linux, for its own processor, after \`npm ci\`.`, { cause });
    copyFileSync(from, to);
  }
}
