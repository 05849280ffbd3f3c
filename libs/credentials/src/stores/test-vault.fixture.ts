import { createAppRole, startVaultServer, type VaultServer, type VaultServerOptions } from '@rcm/vault-server';
import { Secret } from '@rcm/telemetry';
import { type SecretReference, secretPath } from '../reference.ts';
import { type VaultTenant, vaultTenantPolicy } from '../tenancy/vault-policy.ts';
import type { CallHook } from './contract/store-under-test.fixture.ts';
import type { AppRole } from './vault-session.ts';

export interface TestVault {
  readonly server: VaultServer;
  /** A new AppRole of one tenant, with the policy that the library has for it; lifetimes in seconds. */
  appRoleOf(orgId: string, part?: VaultTenant['part'], tokenTtl?: number, tokenMaxTtl?: number): Promise<AppRole>;
  /** A person with every right deletes a secret, history and all. */
  remove(reference: SecretReference): Promise<void>;
  /** The same person saves its next version; `null`: as plain fields, as Vault's own pages offer it. The version. */
  saveByHand(reference: SecretReference, text: Secret<string> | null): Promise<string>;
  close(): Promise<void>;
}

export async function openTestVault(options: VaultServerOptions = {}): Promise<TestVault> {
  const server = await startVaultServer(options);
  return {
    server,
    async appRoleOf(orgId, part = 'rotator', tokenTtl, tokenMaxTtl) {
      const policy = vaultTenantPolicy({ mount: 'kv', environment: 'test', orgId, part });
      const access = { address: server.address, token: server.rootToken };
      const lifetimes = { ...(tokenTtl === undefined ? {} : { tokenTtl }), ...(tokenMaxTtl === undefined ? {} : { tokenMaxTtl }) };
      const { roleId, secretId } = await createAppRole(access, { name: `rcm-${part}-${orgId}`, policy, ...lifetimes });
      return { roleId, secretId: new Secret(secretId) };
    },
    async remove(reference) {
      const headers = { 'x-vault-token': server.rootToken };
      const { ok, status } = await fetch(`${server.address}/v1/kv/metadata/${secretPath(reference)}`, { method: 'DELETE', headers });
      if (!ok) throw new Error(`Deleting a secret was answered ${status}.`);
    },
    async saveByHand(reference, text) {
      const data = text === null ? { username: 'billing', password: 'saved-by-hand' } : { payload: text.reveal() };
      const headers = { 'x-vault-token': server.rootToken };
      const answer = await fetch(`${server.address}/v1/kv/data/${secretPath(reference)}`, { method: 'POST', headers, body: JSON.stringify({ data }) });
      if (!answer.ok) throw new Error(`Saving a secret was answered ${answer.status}.`);
      const { data: saved } = (await answer.json()) as { readonly data: { readonly version: number } };
      return String(saved.version);
    },
    close: () => server.close(),
  };
}

/** A fetch that calls the hook around each request as `<method> <api>`: `GET data`, `POST login`. */
export const hookedFetch =
  (hook?: CallHook): typeof fetch =>
  async (input, init) => {
    const [, , first = '', second = '', third = ''] = new URL(input instanceof Request ? input.url : input).pathname.split('/');
    const operation = `${init?.method ?? 'GET'} ${first === 'auth' ? third : second}`;
    await hook?.(operation, 'before');
    const response = await fetch(input, init);
    await hook?.(operation, 'after');
    return response;
  };
