import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { Context } from './context.ts';
import { docker } from './docker.ts';
import type { ImageKind } from './images.ts';

export interface BuildOptions {
  readonly root: string;
  readonly context: Context;
  readonly images: readonly ImageKind[];
  /** A Debian that has apt; `debian:trixie-slim`, or what is at hand. */
  readonly base: string;
  /** `rcm` gives `rcm/web-agent`. */
  readonly prefix: string;
  readonly tag: string;
  /** Nothing of earlier builds is used. */
  readonly anew: boolean;
  readonly onLine: (line: string) => void;
}

export interface BuiltImage {
  readonly name: ImageKind['name'];
  readonly reference: string;
  /** Digest of its configuration, which names every layer's. */
  readonly id: string;
}

const BUILD_MS = 1_800_000;

/** Builds the images in one go, so that what they share is built once. Fails with `state_conflict`, with Docker's last words. */
export async function buildImages(options: BuildOptions): Promise<BuiltImage[]> {
  const { root, context, images, prefix, tag } = options;
  const source = sourceOf(root);
  const reference = (name: string): string => `${prefix}/${name}:${tag}`;
  const target = ({ name }: ImageKind) => ({
    context: context.folder,
    dockerfile: join(root, 'docker', 'images', 'Dockerfile'),
    target: name,
    tags: [reference(name)],
    args: { BASE: options.base, SOURCE_DATE_EPOCH: String(source.epoch) },
    // However apt of this machine reaches its mirrors, that of the build does.
    network: 'host',
    labels: labelsOf(root, name, source),
  });
  const plan = { group: { default: { targets: images.map(({ name }) => name) } }, target: Object.fromEntries(images.map((kind) => [kind.name, target(kind)])) };
  const args = ['buildx', 'bake', '--file', '-', '--load', '--progress', 'plain', '--provenance', 'false', ...(options.anew ? ['--no-cache'] : [])];
  await docker({ args, input: JSON.stringify(plan), deadlineMs: BUILD_MS, onLine: options.onLine });
  return Promise.all(images.map(async ({ name }) => ({ name, reference: reference(name), id: (await inspect(reference(name))).Id })));
}

interface Source {
  readonly revision: string;
  /** Seconds since 1970 of that commit: when the image says that it was made. */
  readonly epoch: number;
}

/** The commit that is checked out. Changes beside it are said, not hidden. */
function sourceOf(root: string): Source {
  const git = (...args: string[]): string => execFileSync('git', args, { cwd: root, encoding: 'utf8' }).trim();
  const changed = git('status', '--porcelain', '--untracked-files=no') !== '';
  return { revision: `${git('rev-parse', 'HEAD')}${changed ? '-changed' : ''}`, epoch: Number(git('log', '-1', '--format=%ct')) };
}

const manifest = z.object({ version: z.string(), description: z.string() });

function labelsOf(root: string, name: string, { revision, epoch }: Source): Record<string, string> {
  const folder = name === 'rcm' ? 'cli' : name;
  const { version, description } = manifest.parse(JSON.parse(readFileSync(join(root, 'apps', folder, 'package.json'), 'utf8')));
  const label = (key: string, value: string) => [`org.opencontainers.image.${key}`, value] as const;
  return Object.fromEntries([
    label('title', `rcm ${name}`),
    label('description', description),
    label('version', version),
    label('revision', revision),
    label('created', new Date(epoch * 1000).toISOString()),
    label('licenses', 'LicenseRef-UNLICENSED'),
  ]);
}

const inspected = z.tuple([z.object({ Id: z.string(), Size: z.number() })]);
const INSPECT_MS = 30_000;

/** What Docker says of an image. */
export async function inspect(reference: string): Promise<{ readonly Id: string; readonly Size: number }> {
  return inspected.parse(JSON.parse(await docker({ args: ['image', 'inspect', reference], deadlineMs: INSPECT_MS })))[0];
}
