import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { replaceFile } from '@rcm/local-aws/kit';
import { roleLogin } from '../postgres/role-login.ts';
import { appEnvironment, type AppSetting, rootEnvironment } from '../processes/environment.ts';
import { shellWord } from '../shell-word.ts';

const PROFILE = 'local';
const PRINT_KEYS = fileURLToPath(new URL('../aws/print-task-keys.ts', import.meta.url));
const ACTING = ['rotator', 'migrator'] as const;

/** How a person calls `rcm` on what runs. */
export interface OperatorProfile {
  /** `rcm` with its profile, to be followed by a command. */
  readonly command: string;
}

/**
 * A profile of `rcm` for this run (docs/rcm.md): the configuration of the apps whose acts it calls, a login of Postgres for each role, and the AWS roles of both by
 * the AWS configuration's own profiles. Nothing secret is in it; it names files.
 */
export async function writeOperatorProfile(setting: AppSetting): Promise<OperatorProfile> {
  const { folder } = setting;
  const apps = Object.fromEntries(ACTING.map((app) => [app, appEnvironment(app, setting)])) as Record<(typeof ACTING)[number], Record<string, string>>;
  const { RCM_DATABASE_URL_FILE: _url, RCM_TENANT_ROLE_ARN: _role, ...shared } = { ...apps.migrator, ...apps.rotator };
  const settings = {
    ...Object.fromEntries(Object.entries(shared).filter(([name]) => name.startsWith('RCM_') && name !== 'RCM_ALLOW_ROOT')),
    RCM_LOG_LEVEL: 'error',
    RCM_OPERATOR_DATABASE_URL_FILE: (await roleLogin(setting, 'rcm_operator', 'operator')).path,
    RCM_AUDITOR_DATABASE_URL_FILE: (await roleLogin(setting, 'rcm_auditor', 'auditor')).path,
    RCM_OWNER_DATABASE_URL_FILE: setting.adminUrl.path,
    RCM_AUDIT_HEADS_FILE: join(folder.audit, 'heads.ndjson'),
    RCM_AUDIT_PUBLIC_KEYS: join(folder.audit, 'public.pem'),
    AWS_CONFIG_FILE: join(folder.root, 'rcm', 'aws.ini'),
    AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
    ...Object.fromEntries(
      ACTING.flatMap((app) => [
        [`RCM_${app.toUpperCase()}_DATABASE_URL_FILE`, setting.databaseUrls[app].path],
        [`RCM_${app.toUpperCase()}_TENANT_ROLE_ARN`, apps[app].RCM_TENANT_ROLE_ARN],
        [`RCM_${app.toUpperCase()}_AWS_PROFILE`, app],
      ]),
    ),
  };
  mkdirSync(join(folder.root, 'rcm', 'profiles'), { recursive: true, mode: 0o700 });
  replaceFile(join(folder.root, 'rcm', 'aws.ini'), ACTING.map((app) => awsProfile(app, apps[app])).join('\n'));
  const lines = Object.entries(settings).map(([name, value]) => `${name}=${value}\n`);
  replaceFile(join(folder.root, 'rcm', 'profiles', `${PROFILE}.env`), lines.join(''));
  const root = rootEnvironment.RCM_ALLOW_ROOT === undefined ? '' : 'RCM_ALLOW_ROOT=yes ';
  return { command: `${root}XDG_CONFIG_HOME=${shellWord(folder.root)} npm --silent run rcm -- --profile ${PROFILE}` };
}

/** Where the platform gives keys by an address, a program asks it; on docker compose they lie in a file. */
function awsProfile(app: string, environment: Readonly<Record<string, string>>): string {
  const { AWS_CONTAINER_CREDENTIALS_FULL_URI: url, AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: tokenFile, AWS_REGION: region } = environment;
  const keys = url === undefined ? '' : `credential_process = "${process.execPath}" "${PRINT_KEYS}" "${url}" "${tokenFile ?? ''}"\n`;
  return `[profile ${app}]\n${region === undefined ? '' : `region = ${region}\n`}${keys}`;
}
