import { type AppRole, ensureAppLogin } from '@rcm/db';
import { Secret } from '@rcm/telemetry';
import type { DataFolder } from '../data/folder.ts';
import { keyFile, writeKeyFile, type KeyFile } from '../data/keys.ts';
import type { AppName } from '../processes/environment.ts';

const ROLES: Readonly<Record<AppName, AppRole>> = { 'web-agent': 'rcm_agent', rotator: 'rcm_rotator', migrator: 'rcm_migrator' };

/** A login to Postgres for each app, with its role's rights and no others; the URLs as files that the apps are given. After the migrations. */
export async function appLogins(admin: KeyFile, folder: DataFolder): Promise<Record<AppName, KeyFile>> {
  const login = async (app: AppName): Promise<KeyFile> => {
    const name = app.replace('-', '_');
    const password = keyFile(folder.keys, `${name}-database-password`);
    const url = await ensureAppLogin({ adminUrl: admin.value.reveal(), role: ROLES[app], name, password: password.value });
    return writeKeyFile(folder.keys, `${name}-database-url`, new Secret(url));
  };
  return { 'web-agent': await login('web-agent'), rotator: await login('rotator'), migrator: await login('migrator') };
}
