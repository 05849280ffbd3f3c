import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { RcmError } from '@rcm/telemetry';
import { bundle } from './bundle.ts';
import { IMAGES, type ImageKind } from './images.ts';

/** Where the image has Node, and what was bundled. */
const NODE = '/usr/local/bin/node';
const PROGRAM = '/opt/rcm/main.mjs';

/**
 * One app as its image runs it, without a container: the same bundle, in `out`, and the same words for Node. For what measures an app, since from source it weighs more.
 * Fails with `state_conflict`.
 */
export async function asInImage(name: ImageKind['name'], { root, out }: { readonly root: string; readonly out: string }): Promise<readonly string[]> {
  const kind = IMAGES.find((image) => image.name === name);
  const flags = nodeFlags(name, readFileSync(join(root, 'docker/images/Dockerfile'), 'utf8'));
  if (!kind || flags === null) throw new RcmError('state_conflict', `docker/images/Dockerfile does not say how ${name} is started.`);
  await bundle(kind, { root, out });
  return [...flags, join(out, 'main.mjs')];
}

/** What Node is told before the program's name; `null`: the Dockerfile has no such target, or starts something else. */
export function nodeFlags(name: string, dockerfile: string): readonly string[] | null {
  const [, target = ''] = dockerfile.split(new RegExp(`^FROM \\S+ AS ${name}$`, 'm'));
  const [, words = '[]'] = /^ENTRYPOINT (\[.*\])$/m.exec(target.split(/^FROM /m)[0] ?? '') ?? [];
  const started = JSON.parse(words) as readonly string[];
  const [node, program] = [started.indexOf(NODE), started.indexOf(PROGRAM)];
  return node === -1 || program <= node ? null : started.slice(node + 1, program);
}
