import { cpSync, existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { RcmError } from '@rcm/telemetry';
import type { ImageKind } from './images.ts';
import { ownAddresses } from './own-addresses.ts';

/** Packages that are written for `require` find it, and their own folder, in a module too. */
const BANNER = `import { createRequire as rcmCreateRequire } from 'node:module';
import { fileURLToPath as rcmFileURLToPath } from 'node:url';
const require = rcmCreateRequire(import.meta.url), __filename = rcmFileURLToPath(import.meta.url), __dirname = rcmFileURLToPath(new URL('.', import.meta.url));`;

/** Playwright and what it is made of: they read files beside themselves, so they go along as they are. */
const PLAYWRIGHT = ['playwright', 'playwright-core'];

export interface Bundled {
  /** Folders of packages that others wrote and that are in the bundle, from the root of the repository. */
  readonly packages: readonly string[];
}

/**
 * One app as JavaScript in `out`: its code and what it imports, in files that are loaded when they are needed, and beside them, as they lie in the repository, the files
 * that it reads at run time. The same sources and packages give the same bytes. Fails with `state_conflict` where it cannot be bundled.
 */
export async function bundle(kind: ImageKind, { root, out }: { readonly root: string; readonly out: string }): Promise<Bundled> {
  rmSync(out, { recursive: true, force: true });
  const files = new Set<string>();
  const made = await build({
    absWorkingDir: root,
    entryPoints: { main: kind.entry },
    outdir: out,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    // Apart from what makes it smaller, this keeps what is imported late from being loaded before the start has checked its environment.
    splitting: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    banner: { js: BANNER },
    external: [...PLAYWRIGHT, 'pg-native'],
    legalComments: 'none',
    metafile: true,
    logLevel: 'silent',
    plugins: [ownAddresses(root, (file) => files.add(file))],
  }).catch((cause: unknown) => {
    throw new RcmError('state_conflict', `${kind.name} could not be bundled: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  });
  for (const file of files) if (existsSync(join(root, file))) cpSync(join(root, file), join(out, file), { recursive: true });
  const whole = kind.playwright ? PLAYWRIGHT : [];
  for (const name of whole) cpSync(join(root, 'node_modules', name), join(out, 'node_modules', name), { recursive: true });
  const bundled = Object.values(made.metafile.outputs).flatMap(({ inputs }) => Object.keys(inputs));
  const packages = new Set(bundled.flatMap((path) => packageOf(path) ?? []));
  for (const name of whole) packages.add(`node_modules/${name}`);
  return { packages: [...packages].sort() };
}

const PACKAGE = /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//;

/** The folder of the package that a file belongs to; `null` for our own. */
export const packageOf = (path: string): string | null => PACKAGE.exec(path)?.[1] ?? null;
