import { fileURLToPath } from 'node:url';
import { RcmError } from '@rcm/telemetry';
import { freePort } from '@rcm/test-services/machine';
import type { DataFolder } from '../data/folder.ts';
import type { KeyFile } from '../data/keys.ts';
import { containerProcess } from '../containers/app-container.ts';
import { appEnvironment, type AppName, type AppSetting } from '../processes/environment.ts';
import type { ManagedProcess, ManagedProcessOptions } from '../processes/managed-process.ts';
import type { Supervisor } from '../processes/supervisor.ts';

/** Of an app of this clone. */
export const scriptOf = (app: string): string => fileURLToPath(new URL(`../../../../apps/${app}/src/main.ts`, import.meta.url));

interface Started {
  /** Which of several of its kind. */
  readonly instance?: string;
  readonly more?: Readonly<Record<string, string>>;
}

/** An app as a process of this clone, or as a container. */
function appProcess(app: AppName, args: readonly string[], setting: AppSetting, { instance = app, more = {} }: Started = {}): ManagedProcessOptions {
  const environment = { ...appEnvironment(app, setting), ...more };
  if (setting.images === null) return { name: instance, script: scriptOf(app), args, environment };
  const { folder, images } = setting;
  return { name: instance, ...containerProcess({ app: instance, reference: `${images}/${app}`, args, environment, folder, browser: app !== 'migrator' }) };
}

/** `rcm db migrate` from its image, as whoever deploys it would run it before anything else. */
export async function migrateFromImage(
  images: string,
  { folder, url }: { readonly folder: DataFolder; readonly url: KeyFile },
  supervisor: Supervisor,
): Promise<void> {
  const environment = { RCM_OWNER_DATABASE_URL_FILE: url.path };
  const managed = containerProcess({ app: 'rcm', reference: `${images}/rcm`, args: ['db', 'migrate', '--json'], environment, folder, browser: false });
  await supervisor.run({ name: 'rcm', ...managed }, MIGRATE_MS);
}

const MIGRATE_MS = 600_000;

/** One command of the migrator, as a process; fails with its own words where it did not end well. */
export async function runMigrator(command: 'apply' | 'verify' | 'scrub', setting: AppSetting, supervisor: Supervisor): Promise<Record<string, unknown>> {
  const output = await supervisor.run(
    appProcess('migrator', [command, '--json', ...(command === 'verify' ? [] : ['--reason', 'the platform on this machine is set up'])], setting),
    MIGRATE_MS,
  );
  try {
    return JSON.parse(output) as Record<string, unknown>;
  } catch (cause) {
    throw new RcmError('state_conflict', `migrator ${command} printed something else than one JSON object.`, { cause });
  }
}

export interface RunningApp {
  readonly process: ManagedProcess;
  /** Its `/healthz`, `/readyz` and `/metrics`. */
  readonly healthUrl: string;
  /** Its API; `null`: it serves none. */
  readonly apiUrl: string | null;
}

/** Starts a long-running app; returns when it says that it is ready. */
export async function startApp(app: 'web-agent' | 'rotator', setting: AppSetting, supervisor: Supervisor, instance: string = app): Promise<RunningApp> {
  // A container's health is asked for at a port that is known before.
  const health: Record<string, string> = setting.images === null ? {} : { RCM_HEALTH_PORT: String(await freePort()) };
  const managed = supervisor.start(appProcess(app, ['run'], setting, { instance, more: health }));
  const { healthPort, apiPort } = await managed.announced((line) => (typeof line.healthPort === 'number' ? line : null));
  const at = (port: unknown): string => `http://127.0.0.1:${String(port)}`;
  return { process: managed, healthUrl: at(healthPort), apiUrl: typeof apiPort === 'number' ? at(apiPort) : null };
}
