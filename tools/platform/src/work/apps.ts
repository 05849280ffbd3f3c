import { fileURLToPath } from 'node:url';
import { RcmError } from '@rcm/telemetry';
import { appEnvironment, type AppSetting } from '../processes/environment.ts';
import type { Part } from '../processes/part.ts';
import type { Supervisor } from '../processes/supervisor.ts';

const scriptOf = (app: string): string => fileURLToPath(new URL(`../../../../apps/${app}/src/main.ts`, import.meta.url));

const MIGRATE_MS = 600_000;
const READY_MS = 60_000;

/** One command of the migrator, as a process; fails with its own words where it did not end well. */
export async function runMigrator(command: 'apply' | 'verify' | 'scrub', setting: AppSetting, supervisor: Supervisor): Promise<Record<string, unknown>> {
  const output = await supervisor.run(
    {
      name: 'migrator',
      script: scriptOf('migrator'),
      args: [command, '--json', ...(command === 'verify' ? [] : ['--reason', 'the platform on this machine is set up'])],
      environment: appEnvironment('migrator', setting),
    },
    MIGRATE_MS,
  );
  try {
    return JSON.parse(output) as Record<string, unknown>;
  } catch (cause) {
    throw new RcmError('state_conflict', `migrator ${command} printed something else than one JSON object.`, { cause });
  }
}

export interface RunningApp {
  readonly part: Part;
  /** Its `/healthz`, `/readyz` and `/metrics`. */
  readonly healthUrl: string;
}

/** Starts a long-running app; returns when it says that it is ready. */
export async function startApp(app: 'web-agent' | 'rotator', setting: AppSetting, supervisor: Supervisor): Promise<RunningApp> {
  const part = supervisor.start({ name: app, script: scriptOf(app), args: ['run'], environment: appEnvironment(app, setting) });
  const port = await part.announced((line) => (typeof line['healthPort'] === 'number' ? line['healthPort'] : null), READY_MS);
  return { part, healthUrl: `http://127.0.0.1:${port}` };
}
