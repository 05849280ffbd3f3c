import { CLIENT_ID, demoRoles, type SignIn } from '@rcm/demo-sign-in';
import { Secret } from '@rcm/telemetry';
import { writeKeyFile } from '../data/keys.ts';
import { roleLogin } from '../postgres/role-login.ts';
import { type AppSetting, rootEnvironment } from '../processes/environment.ts';
import type { Supervisor } from '../processes/supervisor.ts';
import { NORTH } from '../seed/logins.ts';
import type { Stops } from '../services.ts';
import { scriptOf } from './apps.ts';

const GRACE_MS = 10_000;

export interface ConsoleSetting {
  readonly setting: AppSetting;
  readonly signIn: SignIn;
  readonly port: number;
  /** Where a browser of this machine reaches it. */
  readonly url: string;
}

/** The console of this run. It reaches neither portals nor secrets, so nothing else depends on it; it ends with the platform. */
export async function startConsole({ setting, signIn, port, url }: ConsoleSetting, supervisor: Supervisor, stops: Stops): Promise<void> {
  const { folder, config } = setting;
  const managed = supervisor.start({
    name: 'console',
    script: scriptOf('console'),
    args: ['run'],
    environment: {
      ...rootEnvironment,
      RCM_LOG_LEVEL: config.RCM_LOG_LEVEL,
      RCM_HEALTH_PORT: '0',
      RCM_DATABASE_URL_FILE: (await roleLogin(setting, 'rcm_console', 'console')).path,
      RCM_CONSOLE_URL: url,
      RCM_CONSOLE_PORT: String(port),
      RCM_CONSOLE_ISSUER: signIn.issuer,
      RCM_CONSOLE_CLIENT_ID: CLIENT_ID,
      RCM_CONSOLE_CLIENT_SECRET_FILE: writeKeyFile(folder.keys, 'console-client-secret', new Secret(signIn.clientSecret)).path,
      RCM_CONSOLE_SCOPES: 'openid profile groups',
      RCM_CONSOLE_ROLES: demoRoles(NORTH),
      RCM_BREAK_GLASS_PAGE: 'yes',
      RCM_SET_PAGE: 'yes',
    },
  });
  stops.push('console', () => managed.stop(GRACE_MS));
  await managed.announced((line) => (typeof line.healthPort === 'number' ? line.healthPort : null));
}
