import { isUtf8 } from 'node:buffer';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { isId, RcmError, Secret } from '@rcm/telemetry';
import type { AppRole } from '../stores/vault-session.ts';

const OTHERS = 0o077;
/** A role id or secret id is 36 characters where Vault makes it; whoever chooses one may choose a longer one. */
const MAX_BYTES = 4096;

/**
 * AppRoles out of files, `<folder>/<org id>/role-id` and `secret-id`, read at each login: a secret id that was replaced is used from
 * the next one on. Fails with `store_denied` where an organization has none, with `config_invalid` where others may read a secret id, or a file holds no text.
 *
 * @example
 * ```ts
 * const vault = { address: 'https://vault.example:8200', mount: 'kv', appRole: appRoleFolder('/run/secrets/approles') };
 * const readers = createTenantReaders({ environment: 'prod', vault });
 * ```
 */
export const appRoleFolder =
  (folder: string) =>
  async (orgId: string): Promise<AppRole> => {
    if (!isId(orgId)) throw new RcmError('reference_not_yours', 'The asking organization is not an id.');
    const read = (name: string, secret: boolean) => readIdFile(join(folder, orgId, name), `${name} of ${orgId}`, secret);
    return { roleId: (await read('role-id', false)).reveal(), secretId: await read('secret-id', true) };
  };

async function readIdFile(path: string, what: string, secret: boolean): Promise<Secret<string>> {
  const file = await open(path, 'r').catch((error: unknown) => {
    throw new RcmError('store_denied', `The ${what} cannot be read from the folder of AppRoles (${(error as NodeJS.ErrnoException).code ?? 'error'}).`);
  });
  try {
    const { mode, size } = await file.stat();
    if (secret && (mode & OTHERS) !== 0) throw new RcmError('config_invalid', `The ${what} may be read by others; its file must have mode 600.`);
    if (size > MAX_BYTES) throw new RcmError('config_invalid', `The ${what} is larger than any.`);
    const bytes = await file.readFile();
    if (!isUtf8(bytes)) throw new RcmError('config_invalid', `The ${what} is not UTF-8.`);
    const text = bytes.toString('utf8').trim();
    if (text === '') throw new RcmError('config_invalid', `The ${what} is empty.`);
    return new Secret(text);
  } finally {
    await file.close();
  }
}
