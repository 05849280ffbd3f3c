import { transitKeyName, vaultTenantPolicy } from '@rcm/credentials';
import { createAppRole, createTransitKey, startVaultServer } from '@rcm/vault-server';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

type Part = 'agent' | 'rotator' | 'migrator';

export interface EnvironmentVault {
  readonly address: string;
  readonly mount: string;
  /** Where the AppRoles of one app's tenants lie, as `RCM_VAULT_APPROLE_FOLDER` names it. */
  folderOf(part: Part): string;
  /** What a person with every right does: gone at once, history and all. */
  destroy(path: string): Promise<void>;
  /** The same person saves the next version, with these fields. */
  save(path: string, fields: Readonly<Record<string, string>>): Promise<void>;
  close(): Promise<void>;
}

/** A Vault with an AppRole for the organization and each app. */
export async function startEnvironmentVault({
  folder,
  orgId,
  environment,
}: {
  readonly folder: string;
  readonly orgId: string;
  readonly environment: string;
}): Promise<EnvironmentVault> {
  const server = await startVaultServer();
  const mount = server.mounts[0] ?? '';
  const folderOf = (part: Part): string => join(folder, `approles-${part}`);
  await createTransitKey({ address: server.address, token: server.rootToken }, { mount: 'transit', name: transitKeyName(environment, orgId) });
  for (const part of ['agent', 'rotator', 'migrator'] as const) {
    const access = { address: server.address, token: server.rootToken };
    const role = await createAppRole(access, { name: `${orgId}-${part}`, policy: vaultTenantPolicy({ mount, environment, orgId, part }) });
    await mkdir(join(folderOf(part), orgId), { recursive: true });
    await writeFile(join(folderOf(part), orgId, 'role-id'), role.roleId);
    await writeFile(join(folderOf(part), orgId, 'secret-id'), role.secretId, { mode: 0o600 });
  }
  return {
    ...{ address: server.address, mount, folderOf },
    async destroy(path) {
      const headers = { 'x-vault-token': server.rootToken };
      const { ok, status } = await fetch(`${server.address}/v1/${mount}/metadata/${path}`, { method: 'DELETE', headers });
      if (!ok) throw new Error(`Deleting a secret was answered ${status}.`);
    },
    async save(path, fields) {
      const headers = { 'x-vault-token': server.rootToken };
      const { ok, status } = await fetch(`${server.address}/v1/${mount}/data/${path}`, { method: 'POST', headers, body: JSON.stringify({ data: fields }) });
      if (!ok) throw new Error(`Saving a secret was answered ${status}.`);
    },
    close: () => server.close(),
  };
}
