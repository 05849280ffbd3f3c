import type { AppRole } from '@rcm/db';
import { RcmError } from '@rcm/telemetry';
import type { DataFolder } from '../data/folder.ts';
import type { KeyFile } from '../data/keys.ts';
import type { AppName } from '../processes/environment.ts';
import { roleLogin } from './role-login.ts';
import { withClient } from './start.ts';

const loginOf = (app: AppName): string => app.replace('-', '_');
const ROLES: Readonly<Record<AppName, AppRole>> = { 'web-agent': 'rcm_agent', rotator: 'rcm_rotator', migrator: 'rcm_migrator' };

/** A login for each app; the URLs as files that the apps are given. */
export async function appLogins(adminUrl: KeyFile, folder: DataFolder): Promise<Record<AppName, KeyFile>> {
  const login = (app: AppName): Promise<KeyFile> => roleLogin({ folder, adminUrl }, ROLES[app], loginOf(app));
  return { 'web-agent': await login('web-agent'), rotator: await login('rotator'), migrator: await login('migrator') };
}

/** That every session of the running apps is of its app's own login. Fails with `state_conflict`, naming one that is not, or an app without any. */
export async function requireOwnLogins(admin: KeyFile, apps: readonly AppName[]): Promise<void> {
  const sessions = await withClient(admin.value.reveal(), async (client) => {
    const { rows } = await client.query<{ login: string; name: string }>(
      `SELECT DISTINCT usename AS login, application_name AS name FROM pg_stat_activity WHERE datname = current_database() AND application_name LIKE 'rcm-%'`,
    );
    return rows;
  });
  for (const app of apps) {
    const own = sessions.filter(({ name }) => name.startsWith(`rcm-${app}`));
    const stranger = own.find(({ login }) => login !== loginOf(app));
    if (stranger) throw new RcmError('state_conflict', `${stranger.name} is logged in to Postgres as ${stranger.login}; it must be ${loginOf(app)}.`);
    if (own.length === 0) throw new RcmError('state_conflict', `${app} is up and has no session on Postgres.`);
  }
}
