import { chmodSync, chownSync, copyFileSync, mkdirSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { confined, IMAGE_USER } from '@rcm/images';
import type { DataFolder } from '../data/folder.ts';
import type { ManagedProcessOptions } from '../processes/managed-process.ts';

/** An app as a container. */
export interface AppContainer {
  /** Names the container and its folder: of several of an app each has its own. */
  readonly app: string;
  /** Of the image. */
  readonly reference: string;
  readonly args: readonly string[];
  /** What the app's process would be given here; files of `keys/` are handed over as copies that its user can read, and no other. */
  readonly environment: Readonly<Record<string, string>>;
  readonly folder: DataFolder;
  readonly browser: boolean;
}

const WATCHDOG = fileURLToPath(new URL('watchdog.ts', import.meta.url));
const SECRETS = '/run/secrets/rcm';
/** Said of a process on this machine, and of none in a container. */
const NOT_IN_A_CONTAINER = new Set(['RCM_ALLOW_ROOT', 'RCM_BROWSER_SANDBOX', 'RCM_CHROMIUM_PATH', 'NODE_COMPILE_CACHE']);

/** Names the container of an app of this run; the same for every run on the folder. */
export const containerName = (folder: DataFolder, app: string): string => `${basename(folder.root)}-${app}`;

/** What starts it, as docs/images.md says that it is run: nobody's user, no capability, a root that is read-only, the browser's seccomp profile. */
export function containerProcess(container: AppContainer): Pick<ManagedProcessOptions, 'script' | 'args' | 'environment'> {
  const { app, reference, args, folder, browser } = container;
  const { secrets, environment } = handOver(container);
  const name = containerName(folder, app);
  return {
    script: WATCHDOG,
    args: [
      name,
      // Everything of the platform listens on loopback. A process is named after its host, so each container has a name of its own.
      ...['--network', 'host', '--hostname', name],
      ...['--user', String(asRoot ? IMAGE_USER : process.getuid?.())],
      ...confined({ browser }),
      ...['--volume', `${secrets}:${SECRETS}:ro`],
      // Its words are in the process's own files; Docker keeps none.
      ...['--log-driver', 'none', '--pull', 'never'],
      ...Object.keys(environment).flatMap((variable) => ['--env', variable]),
      ...[reference, ...args],
    ],
    environment,
  };
}

const asRoot = process.getuid?.() === 0;

function handOver({ app, folder, environment }: AppContainer): { readonly secrets: string; readonly environment: Record<string, string> } {
  const secrets = join(folder.root, 'containers', app);
  rmSync(secrets, { recursive: true, force: true });
  mkdirSync(secrets, { recursive: true, mode: 0o700 });
  const handed = Object.entries(environment)
    .filter(([name]) => !NOT_IN_A_CONTAINER.has(name))
    .map(([name, value]): [string, string] => {
      if (dirname(value) !== folder.keys) return [name, value];
      const copy = join(secrets, basename(value));
      copyFileSync(value, copy);
      chmodSync(copy, 0o400);
      if (asRoot) chownSync(copy, IMAGE_USER, IMAGE_USER);
      return [name, `${SECRETS}/${basename(value)}`];
    });
  if (asRoot) chownSync(secrets, IMAGE_USER, IMAGE_USER);
  return { secrets, environment: Object.fromEntries(handed) };
}
