import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { BuiltImage } from './build.ts';
import { NODE_PACKAGE } from './context.ts';
import { docker } from './docker.ts';

interface Component {
  readonly type: 'library' | 'operating-system' | 'platform';
  readonly name: string;
  readonly version: string;
  readonly purl: string;
  readonly licenses?: readonly { readonly license: { readonly name: string } }[];
}

const manifest = z.object({ name: z.string(), version: z.string(), license: z.string().optional() });
const QUERY_MS = 60_000;

/**
 * A bill of materials (CycloneDX 1.5) of one image: what npm packages are in its bundle, Node, and each Debian package as the image's own list has it. Made
 * from what is in the image, not from all that the repository could use. The same image gives the same bytes.
 */
export async function billOf({
  root,
  image,
  packages,
}: {
  readonly root: string;
  readonly image: BuiltImage;
  readonly packages: readonly string[];
}): Promise<string> {
  const node = readPackage(root, `node_modules/${NODE_PACKAGE}`);
  const components: readonly Component[] = [
    { type: 'platform', name: 'node', version: node.version, purl: `pkg:generic/node@${node.version}` },
    ...packages.map((folder) => npmComponent(root, folder)),
    ...(await debianPackages(image.reference)),
  ];
  const component = { type: 'container', name: image.reference, version: image.id };
  return `${JSON.stringify({ bomFormat: 'CycloneDX', specVersion: '1.5', version: 1, metadata: { component }, components }, null, 2)}\n`;
}

const readPackage = (root: string, folder: string) => manifest.parse(JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8')));

function npmComponent(root: string, folder: string): Component {
  const { name, version, license } = readPackage(root, folder);
  const purl = `pkg:npm/${name.replace('@', '%40')}@${version}`;
  return { type: 'library', name, version, purl, ...(license === undefined ? {} : { licenses: [{ license: { name: license } }] }) };
}

async function debianPackages(reference: string): Promise<Component[]> {
  const format = '${db:Status-Abbrev}\t${Package}\t${Version}\t${Architecture}\n';
  const args = ['run', '--rm', '--network', 'none', '--entrypoint', 'dpkg-query', reference, '--show', `--showformat=${format}`];
  return parseDebianPackages(await docker({ args, deadlineMs: QUERY_MS }));
}

/** Of those that are installed; what was removed and left its settings is not in the image. */
export function parseDebianPackages(list: string): Component[] {
  return list.split('\n').flatMap((line): Component[] => {
    const [status = '', name = '', version = '', architecture = ''] = line.split('\t');
    if (!status.startsWith('ii')) return [];
    const purl = `pkg:deb/debian/${name}@${encodeURIComponent(version)}?arch=${architecture}&distro=trixie`;
    return [{ type: 'library', name, version, purl }];
  });
}
