import { findChromium } from '@rcm/portal-drivers';
import { RcmError } from '@rcm/telemetry';
import type { RunningAws } from './aws/running.ts';
import { startLocalAwsProcess } from './aws/local.ts';
import { startCompose } from './compose/start.ts';
import type { PlatformConfig } from './config.ts';
import type { DataFolder } from './data/folder.ts';
import { keyFile } from './data/keys.ts';
import { startPortals, type RunningPortals } from './portals/start.ts';
import { appLogins } from './postgres/app-logins.ts';
import { startEmbeddedPostgres, type RunningPostgres } from './postgres/start.ts';
import type { AppSetting } from './processes/environment.ts';
import type { Supervisor } from './processes/supervisor.ts';
import type { Progress } from './progress.ts';

/** What the apps work on. */
export interface Services {
  readonly postgres: RunningPostgres;
  readonly aws: RunningAws;
  readonly portals: RunningPortals;
}

export type Stops = ReturnType<typeof createStops>;

/** Stops what was started, the last first; also after a start that failed midway. */
export function createStops(onProblem: (name: string, cause: unknown) => void) {
  const stops: { name: string; stop: () => Promise<void> }[] = [];
  return {
    push: (name: string, stop: () => Promise<void>): void => void stops.push({ name, stop }),
    async run(): Promise<void> {
      for (let next = stops.pop(); next; next = stops.pop()) {
        try {
          await next.stop();
        } catch (cause) {
          onProblem(next.name, cause);
        }
      }
    },
  };
}

export interface ServiceOptions {
  readonly mode: 'embedded' | 'compose';
  readonly folder: DataFolder;
  readonly supervisor: Supervisor;
  readonly stops: Stops;
  /** For what may only go after its storage was searched. */
  readonly removals: Stops;
  readonly progress: Progress;
  readonly environment: NodeJS.ProcessEnv;
}

/** Database and secret store first, then the portals. */
export async function startServices(options: ServiceOptions): Promise<Services> {
  const { folder, supervisor, stops, progress } = options;
  const { postgres, aws } = await (options.mode === 'compose' ? composeServices(options) : embeddedServices(options));
  const portals = await startPortals(folder, supervisor);
  stops.push('demo-portals', () => portals.stop());
  progress.say(`demo portals are up at ${Object.values(portals.baseUrls).join(', ')}`);
  return { postgres, aws, portals };
}

async function embeddedServices({ folder, supervisor, stops, progress }: ServiceOptions): Promise<Omit<Services, 'portals'>> {
  const postgres = await startEmbeddedPostgres(folder, supervisor);
  stops.push('postgres', () => postgres.stop());
  progress.say('Postgres is up');
  const aws = await startLocalAwsProcess(folder, supervisor);
  stops.push('local-aws', () => aws.stop());
  progress.say(`local AWS is up at ${aws.endpoint}`);
  return { postgres, aws };
}

async function composeServices({ folder, supervisor, stops, removals, progress, environment }: ServiceOptions): Promise<Omit<Services, 'portals'>> {
  progress.say('docker compose starts Postgres and LocalStack');
  const { postgres, aws, remove } = await startCompose(folder, supervisor, environment);
  removals.push('containers', remove);
  stops.push('postgres container', () => postgres.stop());
  progress.say(`both containers are up, LocalStack at ${aws.endpoint}`);
  return { postgres, aws };
}

/** The Chromium that the apps are to use. Fails with `config_invalid`, naming both ways to get one. */
export async function requireChromium(config: PlatformConfig): Promise<string> {
  const found = await findChromium({ configured: config.RCM_CHROMIUM_PATH });
  if (found) return found;
  if (config.RCM_CHROMIUM_PATH)
    throw new RcmError('config_invalid', `RCM_CHROMIUM_PATH names ${config.RCM_CHROMIUM_PATH}, which is no program that can be started.`);
  throw new RcmError(
    'config_invalid',
    'No Chromium was found; run "npx playwright install chromium-headless-shell", or install one and name it in RCM_CHROMIUM_PATH.',
  );
}

export const appSetting = async (
  services: Services,
  { folder, config, chromium, images }: Pick<AppSetting, 'folder' | 'config' | 'chromium' | 'images'>,
): Promise<AppSetting> => ({
  config,
  folder,
  chromium,
  images,
  adminUrl: services.postgres.url,
  databaseUrls: await appLogins(services.postgres.url, folder),
  identityKey: keyFile(folder.keys, 'identity-key'),
  aws: services.aws,
  tokens: null,
});
