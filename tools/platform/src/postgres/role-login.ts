import type { AppRole } from '@rcm/db';
import { ensureAppLogin } from '@rcm/db/admin';
import { Secret } from '@rcm/telemetry';
import { keyFile, type KeyFile, writeKeyFile } from '../data/keys.ts';
import type { AppSetting } from '../processes/environment.ts';

/** A login to Postgres with a role's rights and no others, after the migrations. Its password is made once for a folder; its URL is what is in the file. */
export async function roleLogin({ folder, adminUrl }: Pick<AppSetting, 'folder' | 'adminUrl'>, role: AppRole, name: string): Promise<KeyFile> {
  const password = keyFile(folder.keys, `${name}-database-password`);
  const url = await ensureAppLogin({ adminUrl: adminUrl.value.reveal(), role, name, password: password.value });
  return writeKeyFile(folder.keys, `${name}-database-url`, new Secret(url));
}
