import { RcmError } from '@rcm/telemetry';
import { z } from 'zod';

/** A package that others wrote, at one place of the tree. */
export interface LockedPackage {
  readonly name: string;
  readonly version: string;
  /** An SPDX expression; `null` where the package does not say. */
  readonly licence: string | null;
  /** `shipped`: some app needs it to run. `tools`: only tests, tools and the build do. */
  readonly use: 'shipped' | 'tools';
  /** Checksum of its archive; `null` where it has none, or came in another's. */
  readonly integrity: string | null;
  /** Whether it came in the archive of the package that it lies below, under that one's checksum. */
  readonly isBundled: boolean;
  /** Host that it is fetched from; `null`: the registry that npm is set to. */
  readonly host: string | null;
  readonly runsScripts: boolean;
}

const names = z.record(z.string(), z.string()).default({});
const entry = z.looseObject({
  name: z.string().optional(),
  version: z.string().optional(),
  resolved: z.string().optional(),
  integrity: z.string().optional(),
  inBundle: z.boolean().optional(),
  link: z.boolean().optional(),
  license: z.unknown().optional(),
  hasInstallScript: z.boolean().optional(),
  dependencies: names,
  optionalDependencies: names,
  peerDependencies: names,
  peerDependenciesMeta: z.record(z.string(), z.looseObject({ optional: z.boolean().optional() })).default({}),
});
const lockfile = z.looseObject({ lockfileVersion: z.literal(3), packages: z.record(z.string(), entry) });
type Entries = z.output<typeof lockfile>['packages'];

const FOLDER = 'node_modules/';

/** Everything that a lockfile of npm (version 3) names and that is not ours. Fails with `input_invalid` for what is no such file. */
export function lockedPackages(text: string): LockedPackage[] {
  const entries = parsed(text).packages;
  const shipped = reachable(entries);
  return Object.entries(entries)
    .filter(([path, { link }]) => path.includes(FOLDER) && link !== true)
    .map(([path, { name, version = '', license, integrity, inBundle, resolved, hasInstallScript }]) => ({
      name: name ?? path.slice(path.lastIndexOf(FOLDER) + FOLDER.length),
      version,
      licence: typeof license === 'string' && license !== '' ? license : null,
      use: shipped.has(path) ? 'shipped' : 'tools',
      integrity: integrity ?? null,
      isBundled: inBundle ?? false,
      host: resolved === undefined ? null : (URL.parse(resolved)?.host ?? resolved),
      runsScripts: hasInstallScript ?? false,
    }));
}

function parsed(text: string): z.output<typeof lockfile> {
  try {
    return lockfile.parse(JSON.parse(text));
  } catch (cause) {
    throw new RcmError('input_invalid', 'That is no lockfile of npm (package-lock.json, version 3).', { cause });
  }
}

/** What the apps need to run, from their `dependencies` on, through our own libs; npm's own flags count every tool's dependencies too. */
function reachable(entries: Entries): ReadonlySet<string> {
  const seen = new Set<string>();
  const open = Object.keys(entries).filter((path) => /^apps\/[^/]+$/.test(path));
  for (let path = open.pop(); path !== undefined; path = open.pop()) {
    const found = entries[path];
    if (seen.has(path) || !found) continue;
    seen.add(path);
    if (found.link === true && found.resolved !== undefined) open.push(found.resolved);
    const { dependencies, optionalDependencies, peerDependencies, peerDependenciesMeta } = found;
    const peers = Object.keys(peerDependencies).filter((name) => peerDependenciesMeta[name]?.optional !== true);
    for (const name of [...Object.keys({ ...dependencies, ...optionalDependencies }), ...peers]) {
      const place = placeOf(entries, path, name);
      if (place !== null) open.push(place);
    }
  }
  return seen;
}

/** As Node looks for it: in the package's own folder, then in each above it. */
function placeOf(entries: Entries, from: string, name: string): string | null {
  for (let folder = from; ; folder = above(folder)) {
    const place = `${folder === '' ? '' : `${folder}/`}${FOLDER}${name}`;
    if (place in entries) return place;
    if (folder === '') return null;
  }
}

function above(folder: string): string {
  const nested = folder.lastIndexOf(`/${FOLDER}`);
  return nested === -1 ? '' : folder.slice(0, nested);
}
