import type { PlatformConfig } from '../config.ts';
import type { DataFolder } from '../data/folder.ts';
import type { KeyFile } from '../data/keys.ts';
import type { RunningAws } from '../aws/running.ts';

/** What every process of ours needs of the user's environment; their AWS keys and Node options, say, must not reach a process. */
const PASSED_ON = [
  'PATH',
  'HOME',
  'LANG',
  'LC_ALL',
  'TZ',
  'PLAYWRIGHT_BROWSERS_PATH',
  'NODE_COMPILE_CACHE',
  'DOCKER_HOST',
  'DOCKER_CONFIG',
  'DOCKER_CONTEXT',
  'DOCKER_CERT_PATH',
  'DOCKER_TLS_VERIFY',
];

export function processEnvironment(folder: DataFolder, environment: NodeJS.ProcessEnv): Record<string, string> {
  const passed = PASSED_ON.flatMap((name) => (environment[name] === undefined ? [] : [[name, environment[name]] as const]));
  return { ...Object.fromEntries(passed), TMPDIR: folder.temporary };
}

export type AppName = 'migrator' | 'web-agent' | 'rotator';

/** What the three apps run on. */
export interface AppSetting {
  readonly config: PlatformConfig;
  readonly folder: DataFolder;
  /** As a superuser. */
  readonly adminUrl: KeyFile;
  /** As each app logs in. */
  readonly databaseUrls: Readonly<Record<AppName, KeyFile>>;
  readonly identityKey: KeyFile;
  readonly aws: RunningAws;
  /** `null`: their containers have their own. */
  readonly chromium: string | null;
  /** What the names of the images begin with that they run from; `null`: from this clone. */
  readonly images: string | null;
  /** Whose tokens the web-agent's API takes; `null`: it serves none. */
  readonly tokens: ApiTokens | null;
}

/** As `RCM_API_…` has them. */
export interface ApiTokens {
  readonly issuer: string;
  readonly audience: string;
  readonly jwksUrl: string;
}

export const ENVIRONMENT_NAME = 'local';

/** Configuration of one app. Secrets are named files; nothing secret is in it. */
export function appEnvironment(app: AppName, setting: AppSetting): Record<string, string> {
  const { aws, config } = setting;
  return {
    ...rootEnvironment,
    RCM_LOG_LEVEL: config.RCM_LOG_LEVEL,
    RCM_DATABASE_URL_FILE: setting.databaseUrls[app].path,
    RCM_ENVIRONMENT: ENVIRONMENT_NAME,
    RCM_AWS_REGION: aws.region,
    RCM_AWS_ENDPOINT: aws.endpoint,
    RCM_AWS_ACCOUNT_ID: aws.accountId,
    RCM_KMS_KEY_ID: aws.kmsKeyId,
    RCM_TENANT_ROLE_ARN: aws.tenantRoleArn(app === 'web-agent' ? 'agent' : app),
    RCM_IDENTITY_KEY_FILE: setting.identityKey.path,
    ...aws.taskEnvironment(app === 'web-agent' ? 'agent' : app),
    AWS_CONFIG_FILE: '/dev/null',
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_REGION: aws.region,
    ...(app === 'migrator'
      ? { ...MIGRATOR, RCM_MIGRATOR_ADMIN_DATABASE_URL_FILE: setting.adminUrl.path }
      : { ...portals(setting), ...(app === 'rotator' ? ROTATOR : { ...WEB_AGENT, ...api(setting) }) }),
  };
}

/** The demonstration's portals and logins are its own, so it may run as whoever starts it; a deployment has a user for it. */
export const rootEnvironment: Record<string, string> = process.getuid?.() === 0 ? { RCM_ALLOW_ROOT: 'yes', RCM_BROWSER_SANDBOX: 'off' } : {};

const portals = ({ chromium, config }: AppSetting): Record<string, string> => ({
  ...(chromium === null ? {} : { RCM_CHROMIUM_PATH: chromium }),
  RCM_MAX_BROWSER_CONTEXTS: String(config.RCM_MAX_BROWSER_CONTEXTS),
  RCM_HEALTH_PORT: '0',
  // A kill is followed by a restart within seconds here, so a dead process's lease should not outlive it by a minute. Not
  // shorter: it must outlast a submit, and a busy machine with two cores has been seen to need 10 s for one.
  RCM_LEASE_TTL_MS: '35000',
});

const api = ({ tokens }: AppSetting): Record<string, string> =>
  tokens === null ? {} : { RCM_API_PORT: '0', RCM_API_ISSUER: tokens.issuer, RCM_API_AUDIENCE: tokens.audience, RCM_API_JWKS_URL: tokens.jwksUrl };

/** Without AWS's quotas there is nothing to be gentle with. */
const MIGRATOR = { RCM_MIGRATOR_WRITES_PER_SECOND: '50', RCM_MIGRATOR_READS_PER_SECOND: '200' };

/** Looks as often as a demonstration wants to see it move; in AWS a minute is soon enough. */
const ROTATOR = {
  RCM_SUBMIT_DEADLINE_MS: '30000',
  RCM_ROTATOR_SCAN_MS: '500',
  RCM_BREAK_GLASS_PAGE: 'yes',
  RCM_SET_PAGE: 'yes',
  RCM_ROTATOR_RECOVERY_MS: '1000',
  RCM_ROTATOR_RETRY_MS: '2000',
  RCM_ROTATOR_DRAIN_MS: '20000',
  // Processes are killed on purpose: a portal type that this stopped is tried again within seconds.
  RCM_ROTATOR_PROBE_MS: '5000',
};

/** A claim is renewed while its task is worked on; one that a kill left is taken up again after it. */
const WEB_AGENT = {
  RCM_AGENT_CLAIM_MS: '30000',
  RCM_AGENT_TIDY_MS: '5000',
  RCM_AGENT_DRAIN_MS: '20000',
};
